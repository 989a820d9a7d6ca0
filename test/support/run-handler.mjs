// Runs a built handler for the events of a message from the parent process, one after the other, and sends back
// what came of each: `node run-handler.mjs`. An asset that cannot be imported ends the process with 1.
process.once('message', async ({ asset, events, remainingMs }) => {
  const outcomes = [];
  try {
    const { handler } = await import(asset);
    for (const event of events) {
      const end = Date.now() + remainingMs;
      const context = { getRemainingTimeInMillis: () => end - Date.now() };
      outcomes.push(
        await handler(event, context).then(
          result => ({ result }),
          ({ name, message }) => ({ error: name, message }),
        ),
      );
    }
  } finally {
    const rssMb = process.resourceUsage().maxRSS / 1024;
    process.send({ outcomes, rssMb }, () => process.disconnect());
  }
});

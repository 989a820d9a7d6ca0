// Runs a built handler with events. The parent process sends the path of the handler (`asset`) and the events
// in a message. Sends the results and errors back. Exits with 1 if the handler cannot be loaded.
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

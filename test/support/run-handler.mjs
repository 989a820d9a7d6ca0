// Runs a built handler: `node run-handler.mjs`. The parent process sends the asset and a list of events. The
// handler runs for each event in turn, and the results and errors are sent back. If the asset cannot be
// imported, the exit code is 1.
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

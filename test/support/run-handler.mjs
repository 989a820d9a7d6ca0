// Runs a built handler: `node run-handler.mjs`. The message from the parent process contains `asset` (the
// path of the handler) and `events`. The handler runs for one event after another. Then the results and
// errors are sent back. Exits with 1 if the asset cannot be imported.
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

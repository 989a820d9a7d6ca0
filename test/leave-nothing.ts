// Test files may share a process: what a tracker still holds when its file ends would be printed, a minute later, into another's lines.
afterAll(() => {
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  for (const listener of process.listeners('exit')) if (listener.name === 'spillAll') listener(0);
  write.mockRestore();
});

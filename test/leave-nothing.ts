import { spillAll } from '../lambda/process/process-end';

// Test files may share a process. Traces that a tracker still holds at the end of a file would otherwise be
// printed into the output of another file a minute later.
afterAll(() => {
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  spillAll();
  write.mockRestore();
});

import { spillAll } from '../lambda/process/process-end';

// Test files may share a process: what a tracker still holds when its
// file ends would be printed, a minute later, into another's lines.
afterAll(() => {
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  spillAll();
  write.mockRestore();
});

import { spillAll } from '../lambda/process/process-end';

// Discards traces that trackers still hold after a test file: `spillAll` prints them while `write` does
// nothing. If several test files share a process, such traces would be printed a minute later, during another
// test file.
afterAll(() => {
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  spillAll();
  write.mockRestore();
});

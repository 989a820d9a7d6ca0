import { spillAll } from '../lambda/process/process-end';

// Discards the unwritten traces of a test file. Otherwise, the process prints them during the next test file.
afterAll(() => {
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  spillAll();
  write.mockRestore();
});

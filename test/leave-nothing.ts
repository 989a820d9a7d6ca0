import { spillAll } from '../lambda/process/process-end';

// Discards traces that a test file has recorded but not written. Otherwise they would be printed a minute
// later, during the next test file in this process.
afterAll(() => {
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  spillAll();
  write.mockRestore();
});

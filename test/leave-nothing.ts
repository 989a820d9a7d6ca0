import { spillAll } from '../lambda/process/process-end';

// Several test files may share a process. Without this, traces that a tracker still holds would be printed a
// minute later, during another test file.
afterAll(() => {
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  spillAll();
  write.mockRestore();
});

// Reads files in a Python wheel, which is a ZIP archive.
import { inflateRawSync } from 'node:zlib';

/**
 * Signature of the last record in a ZIP archive (PKWARE APPNOTE 4.3). The next constants are signatures and
 * lengths of other records.
 */
const END = 0x06054b50;
const END_LENGTH = 22;
const ENTRY = 0x02014b50;
const ENTRY_LENGTH = 46;
const LOCAL_LENGTH = 30;
const DEFLATED = 8;

/**
 * Returns the text of the first file in a wheel whose path matches a pattern.
 *
 * @param archive bytes of the wheel
 * @param name pattern of the path
 * @throws if the archive is not a ZIP archive, or no path matches
 */
export function textInWheel(archive, name) {
  const end = archive.lastIndexOf(littleEndian(END), archive.length - END_LENGTH);
  if (end < 0) throw new Error('the file must be a wheel or JSON');
  let at = archive.readUInt32LE(end + 16);
  for (let remaining = archive.readUInt16LE(end + 10); remaining > 0; remaining -= 1) {
    if (archive.readUInt32LE(at) !== ENTRY)
      throw new Error('the wheel must have a valid list of files, got a broken one');
    const nameLength = archive.readUInt16LE(at + 28);
    const path = archive.toString('utf8', at + ENTRY_LENGTH, at + ENTRY_LENGTH + nameLength);
    if (name.test(path)) return textAt(archive, at);
    at += ENTRY_LENGTH + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  throw new Error(`the wheel must contain ${name}`);
}

function textAt(archive, entry) {
  const method = archive.readUInt16LE(entry + 10);
  const length = archive.readUInt32LE(entry + 20);
  const local = archive.readUInt32LE(entry + 42);
  const begin = local + LOCAL_LENGTH + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const bytes = archive.subarray(begin, begin + length);
  return (method === DEFLATED ? inflateRawSync(bytes) : bytes).toString('utf8');
}

function littleEndian(number) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
}

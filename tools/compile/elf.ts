/**
 * Finds where a program for Linux ends in a file that has something behind it.
 *
 * `deno compile` makes an executable by putting the scripts behind its runtime. The runtime is an
 * ELF file whose last part is the table of its sections, so the end of that table is where the
 * scripts begin.
 *
 * @module
 */

/** The length of an ELF header for 64 bits, in bytes. */
export const ELF_HEADER_BYTES = 64;

/** The first bytes of an ELF file: its name, then 2 for 64 bits and 1 for little-endian. */
const SIGNATURE = [0x7f, 0x45, 0x4c, 0x46, 2, 1];

// Places in the header, from the ELF-64 Object File Format, figure 2.
const SECTION_TABLE_OFFSET_AT = 0x28;
const SECTION_ENTRY_BYTES_AT = 0x3a;
const SECTION_COUNT_AT = 0x3c;

/**
 * The length of an ELF file up to the end of its section header table, in bytes.
 *
 * @param header The first {@linkcode ELF_HEADER_BYTES} of the file.
 * @throws {TypeError} If they are not the header of a little-endian ELF file for 64 bits.
 */
export function elfBytes(header: Uint8Array): number {
  const signed = SIGNATURE.every((byte, index) => header[index] === byte);
  if (header.length < ELF_HEADER_BYTES || !signed) {
    throw new TypeError("Cannot find the end of the program: it is not an ELF file for 64 bits");
  }
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const offset = Number(view.getBigUint64(SECTION_TABLE_OFFSET_AT, true));
  return offset +
    view.getUint16(SECTION_ENTRY_BYTES_AT, true) * view.getUint16(SECTION_COUNT_AT, true);
}

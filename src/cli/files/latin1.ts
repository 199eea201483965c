/** Bytes as text, each the sign of its number. (`TextDecoder` has other signs from 0x80 to 0x9f.) */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  // a function takes so many arguments
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

// Files that the build puts beside the scripts.

declare module "*?url" {
  const url: string;
  export default url;
}

declare module "*?worker&url" {
  const url: string;
  export default url;
}

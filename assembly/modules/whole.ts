// All parts in one module: the file of the package, for those who bring their own bytes to load().

export * from "./core";
export * from "./diagnosis";
export * from "./gradients";

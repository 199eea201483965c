/** The module with all kernels, compiled, for `load({ module })`: what Cloudflare's workers give for this file. */
declare const module: object;
export default module;

// What frees the memory of tensors that were dropped.

/** Where nobody can be told, what is dropped stays: Cloudflare's workers with a compatibility date before May 2025. */
const nobody = { register: () => {}, unregister: () => false };

export const registryOf = <T>(free: (held: T) => void): FinalizationRegistry<T> =>
  "FinalizationRegistry" in globalThis
    ? new FinalizationRegistry(free)
    : (nobody as unknown as FinalizationRegistry<T>);

/** What first-result.mjs is held against: the start of Node, and nothing else. */
export {};

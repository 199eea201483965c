/** What the others are held against: the start of Node, and nothing else. */
export {};

import { b } from "./cycle_b.js";
export const a = "a";
export const both = () => a + b();

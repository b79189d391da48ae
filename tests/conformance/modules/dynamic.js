globalThis.dynamicLoads = (globalThis.dynamicLoads ?? 0) + 1;
export const loaded = "yes";
export default 7;

// The same types as in CommonJS, as metrics.mjs has the same objects.
export * from "./metrics.cjs";

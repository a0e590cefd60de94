// The same types as in CommonJS, as index.mjs has the same objects.
export * from "./index.cjs";

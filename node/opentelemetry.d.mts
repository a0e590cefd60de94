// The same types as in CommonJS, as opentelemetry.mjs has the same functions.
export * from "./opentelemetry.cjs";

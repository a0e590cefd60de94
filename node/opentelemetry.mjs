// The same functions as in CommonJS.
import opentelemetry from "./opentelemetry.cjs";

export const { inject, traced } = opentelemetry;

import { z } from "zod";

/** A schema with what applications use: nesting, a list, an enumeration, a value that may be absent. */
export const city = z.object({
  name: z.string().describe("The usual name"),
  population: z.number().int(),
  continent: z.enum(["Europe", "Asia", "Africa"]),
  nickname: z.string().nullable(),
  districts: z.array(z.object({ name: z.string(), old: z.boolean() })),
});

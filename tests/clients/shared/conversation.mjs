// What the scenarios talk about. The upstream is scripted, so only the functions matter.
export const greeting = "Hello, gateway";
export const questions = ["How is the weather in Paris and in Rome, and how late is it?", "Thank you"];

export const functions = {
  get_weather: ({ city }) => ({ city, sky: city === "Paris" ? "sunny" : "cloudy" }),
  get_time: ({ zone }) => ({ zone, time: "12:00" }),
};

export const declarations = [
  {
    name: "get_weather",
    description: "The weather in a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
  {
    name: "get_time",
    description: "The time in a zone",
    parameters: { type: "object", properties: { zone: { type: "string" } }, required: ["zone"] },
  },
];

/** One red pixel. */
export const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

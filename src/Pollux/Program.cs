using Pollux.Hosting;

return await CommandLine.RunAsync(args);

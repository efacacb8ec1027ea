using Pollux.Bench.Load;
using Pollux.Bench.Micro;
using Pollux.Bench.Simulation;

return args switch
{
    ["load", .. string[] rest] => await LoadCommand.RunAsync(rest),
    ["allocations", string root] => await AllocationCommand.RunAsync(root),
    ["simulate", .. string[] rest] => await SimulateCommand.RunAsync(rest),
    ["proxy", string port, string upstream] => await ReferenceProxy.RunAsync(int.Parse(port), upstream),
    _ => MicroCommand.Run(args),
};

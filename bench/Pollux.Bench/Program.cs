using Pollux.Bench.Load;
using Pollux.Bench.Micro;

return args switch
{
    ["load", .. string[] rest] => await LoadCommand.RunAsync(rest),
    ["allocations", string root] => await AllocationCommand.RunAsync(root),
    ["proxy", string port, string upstream] => await ReferenceProxy.RunAsync(int.Parse(port), upstream),
    _ => MicroCommand.Run(args),
};

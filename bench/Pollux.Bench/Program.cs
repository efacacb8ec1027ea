using Pollux.Bench.Load;
using Pollux.Bench.Micro;

return args switch
{
    ["load", .. string[] rest] => await LoadCommand.RunAsync(rest),
    ["proxy", string port, string upstream] => await ReferenceProxy.RunAsync(int.Parse(port), upstream),
    _ => MicroCommand.Run(args),
};

using System.Reflection;
using System.Reflection.Emit;

namespace Pollux.Tests.Architecture;

/// <summary>
/// All that the code of an assembly refers to: base types, signatures, attributes, local variables and what method bodies
/// name. Found in the compiled code, so an alias or a fully written name hides nothing.
/// </summary>
internal static class TypeReferences
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<int, OpCode> OpCodesByValue = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(static field => (OpCode)field.GetValue(null)!)
        .ToDictionary(static code => (int)(ushort)code.Value);

    /// <summary>The members that the types of an assembly refer to, each with the type that does.</summary>
    public static IEnumerable<(Type From, MemberInfo To)> Of(Assembly assembly)
    {
        foreach (Type type in assembly.GetTypes())
        {
            var found = new HashSet<MemberInfo>();
            AddType(found, type.BaseType);
            foreach (Type implemented in type.GetInterfaces())
                AddType(found, implemented);
            AddAttributes(found, type.GetCustomAttributesData());
            foreach (FieldInfo field in type.GetFields(All))
            {
                AddType(found, field.FieldType);
                AddAttributes(found, field.GetCustomAttributesData());
            }

            foreach (MethodBase method in type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All)))
                AddMethod(found, type, method);
            foreach (MemberInfo member in found)
                yield return (type, member);
        }
    }

    private static void AddMethod(HashSet<MemberInfo> found, Type type, MethodBase method)
    {
        AddSignature(found, method);
        AddAttributes(found, method.GetCustomAttributesData());
        if (method.GetMethodBody() is not { } body)
            return;

        foreach (LocalVariableInfo local in body.LocalVariables)
            AddType(found, local.LocalType);
        foreach (ExceptionHandlingClause clause in body.ExceptionHandlingClauses)
        {
            if (clause.Flags == ExceptionHandlingClauseOptions.Clause)
                AddType(found, clause.CatchType);
        }

        Type[] ofType = type.IsGenericType ? type.GetGenericArguments() : [];
        Type[] ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : [];
        foreach (int token in Tokens(body.GetILAsByteArray() ?? []))
            AddMember(found, method.Module.ResolveMember(token, ofType, ofMethod));
    }

    private static void AddMember(HashSet<MemberInfo> found, MemberInfo? member)
    {
        switch (member)
        {
            case Type type:
                AddType(found, type);
                break;
            case MethodBase method:
                found.Add(method);
                AddType(found, method.DeclaringType);
                AddSignature(found, method);
                break;
            case FieldInfo field:
                found.Add(field);
                AddType(found, field.DeclaringType);
                AddType(found, field.FieldType);
                break;
        }
    }

    private static void AddSignature(HashSet<MemberInfo> found, MethodBase method)
    {
        AddType(found, (method as MethodInfo)?.ReturnType);
        foreach (ParameterInfo parameter in method.GetParameters())
            AddType(found, parameter.ParameterType);
        if (!method.IsGenericMethod)
            return;
        foreach (Type argument in method.GetGenericArguments())
            AddType(found, argument);
    }

    private static void AddAttributes(HashSet<MemberInfo> found, IEnumerable<CustomAttributeData> attributes)
    {
        foreach (CustomAttributeData attribute in attributes)
        {
            AddType(found, attribute.AttributeType);
            foreach (CustomAttributeTypedArgument argument in attribute.ConstructorArguments)
                AddType(found, argument.Value as Type);
        }
    }

    private static void AddType(HashSet<MemberInfo> found, Type? type)
    {
        if (type is null || type.IsGenericParameter)
            return;
        if (type.HasElementType)
        {
            AddType(found, type.GetElementType());
            return;
        }

        if (type.IsGenericType)
        {
            foreach (Type argument in type.GetGenericArguments())
                AddType(found, argument);
            type = type.GetGenericTypeDefinition();
        }

        found.Add(type);
    }

    private static IEnumerable<int> Tokens(byte[] code)
    {
        for (int at = 0; at < code.Length;)
        {
            int value = code[at++];
            if (value == 0xFE)
                value = (value << 8) | code[at++];
            OpCode operation = OpCodesByValue[value];
            if (operation.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
                yield return BitConverter.ToInt32(code, at);
            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }
}

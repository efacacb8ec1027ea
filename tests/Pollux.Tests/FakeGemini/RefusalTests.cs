using System.Text;
using System.Text.Json.Nodes;
using Pollux.FakeGemini;
using Pollux.FakeGemini.Answers;
using Pollux.FakeGemini.Validation;
using Pollux.FakeGemini.Wire;

namespace Pollux.Tests.FakeGemini;

/// <summary>What Google refuses, the fake refuses, in Google's words where they are known. In bodies a ' stands for a ".</summary>
public sealed class RefusalTests
{
    private const string User = "{'role':'user','parts':[{'text':'hi'}]}";
    private const string Gemini2 = "gemini-2.0-flash";
    private const string Gemini25 = "gemini-2.5-flash";
    private const string Gemini3 = "gemini-3.5-flash";
    private const string Newest = "gemini-3.8-flash";
    private const string Placeholder = SignatureMint.Placeholder;

    public static TheoryData<string, string, string> Shapes => new()
    {
        { Newest, "not json", "Invalid JSON payload received. Unexpected token." },
        { Newest, "[]", "Root element must be a message." },
        { Newest, Chat("'x':1"), "Invalid JSON payload received. Unknown name \"x\": Cannot find field." },
        { Newest, Chat("'generation_config':{'x':1}"), "Unknown name \"x\" at 'generation_config': Cannot find field." },
        { Newest, Chat("'generationConfig':{'topP':'much'}"), "Invalid value at 'generation_config.top_p' (TYPE_FLOAT), \"much\"" },
        { Newest, Chat("'generationConfig':{'topK':1.5}"), "Invalid value at 'generation_config.top_k' (TYPE_INT32), 1.5" },
        { Newest, Chat("'generationConfig':{'temperature':{}}"), "(TYPE_FLOAT), Starting an object on a scalar field" },
        { Newest, Chat("'generationConfig':[]"), "Unknown name \"generationConfig\": Proto field is not repeating, cannot start list." },
        { Newest, Chat("'safetySettings':[{'category':'HARM_CATEGORY_RUDE'}]"), "Invalid value at 'safety_settings[0].category' (type.googleapis.com/google.ai.generativelanguage.v1beta.HarmCategory), \"HARM_CATEGORY_RUDE\"" },
        { Newest, Chat("'safetySettings':[{'threshold':77}]"), "HarmBlockThreshold), 77" },
        { Newest, Chat("'systemInstruction':'be kind'"), "Invalid value at 'system_instruction' (type.googleapis.com/google.ai.generativelanguage.v1beta.Content), \"be kind\"" },
        { Newest, Chat("'labels':{'a':'b'}"), "Unknown name \"labels\"" },
        { Newest, Chat("'store':'yes'"), "(TYPE_BOOL), \"yes\"" },
        { Newest, Chat("'generationConfig':{'audioTimestamp':true}"), "Unknown name \"audioTimestamp\"" },
        { Newest, Contents("{'parts':[{'text':5}]}"), "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 5" },
        { Newest, Contents("{'parts':[{'text':'a','inlineData':{'mimeType':'image/png','data':'AAAA'}}]}"), "oneof field 'data' is already set. Cannot set 'inlineData'" },
        { Newest, Contents("{'parts':[{'inlineData':{'mimeType':'image/png','data':'!!!'}}]}"), "Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES), Base64 decoding failed" },
        { Newest, Contents("{'role':'model','parts':[{'text':'x','thoughtSignature':'no base64?'}]}"), "Invalid value at 'contents[0].parts[0].thought_signature' (TYPE_BYTES), Base64 decoding failed" },
        { Newest, Chat("'tools':[{'functionDeclarations':[{'name':'f','parametersJsonSchema':" + Deep(120) + "}]}]"), "Message too deep" },
    };

    public static TheoryData<string, string, string> Conversations => new()
    {
        { Newest, "{}", "* GenerateContentRequest.contents: contents is not specified" },
        { Newest, "{'contents':[]}", "contents is not specified" },
        { Newest, Contents("{'role':'user','parts':[]}"), "contents.parts must not be empty" },
        { Newest, Contents("{'role':'assistant','parts':[{'text':'a'}]}"), "Please use a valid role: user, model." },
        { Newest, Contents("{'role':'user','parts':[{}]}"), "* GenerateContentRequest.contents[0].parts[0].data: required oneof field 'data' must have one initialized field" },
        { Newest, Contents("{'role':'user','parts':[{'inlineData':{'mimeType':'application/zip','data':'AAAA'}}]}"), "Unsupported MIME type: application/zip" },
        { Newest, Contents("{'role':'model','parts':[{'text':'a'}]}", User), "the first content comes from the user" },
        { Newest, Contents(User, "{'role':'model','parts':[{'text':'The answer is'}]}"), "Prefill is not supported" },
        { "gemma-3-27b-it", Chat("'systemInstruction':{'parts':[{'text':'x'}]}"), "Developer instruction is not enabled for models/gemma-3-27b-it" },
        { Newest, Chat("'cachedContent':'cachedContents/x','tools':[{'googleSearch':{}}]"), "CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config." },
        { Gemini25, Contents(User, Response("f")), "function response turn comes immediately after a function call turn" },
        { Gemini25, Contents(User, Call("f"), User), "number of function response parts is equal to the number of function call parts" },
        { Gemini25, Contents(Call("f"), Response("f")), "function call turn comes immediately after a user turn" },
        { Gemini25, Contents(User, Calls("f", "g"), Response("f")), "number of function response parts is equal" },
        { Gemini25, Contents(User, Call("f"), Response("g")), "function response parts match the function call parts" },
        { Gemini3, Contents(User, Calls("f", "g"), Responses("g", "f")), "in the same order" },
        { Gemini3, Contents(User, Calls("f", "g"), Response("f"), Response("g")), "number of function response parts is equal" },
        { Gemini3, Contents(User, $"{{'role':'model','parts':[{{'functionCall':{{'name':'f','id':'1'}},'thoughtSignature':'{Placeholder}'}}]}}", "{'role':'user','parts':[{'functionResponse':{'name':'f','id':'2','response':{}}}]}"), "id of each function response" },
        { Gemini25, Contents(User, Call("f"), "{'role':'user','parts':[{'functionResponse':{'response':{}}}]}"), "function_response.name: Name cannot be empty." },
        { Gemini3, Contents(User, "{'role':'model','parts':[{'functionCall':{'name':'weather'}}]}", Response("weather")), "Function call is missing a thought_signature in functionCall parts." },
        { Gemini3, Contents(User, "{'role':'model','parts':[{'functionCall':{'name':'weather'}}]}", Response("weather")), "function call `default_api:weather` , position 2" },
        { Gemini3, Contents(User, "{'role':'model','parts':[{'functionCall':{'name':'f'},'thoughtSignature':'c29tZXRoaW5nIGZyb20gZWxzZXdoZXJl'}]}", Response("f")), "Thought signature is not valid" },
    };

    public static TheoryData<string, string, string> Tools => new()
    {
        { Newest, Chat("'tools':[{}]"), "required one_of 'tool_type' must have one initialized field" },
        { Newest, Function("'name':'1st'"), "Invalid function name. Must start with a letter or an underscore." },
        { Newest, Function("'name':'with space'"), "Invalid function name" },
        { Newest, Function($"'name':'{new string('n', 129)}'"), "maximum length of 128" },
        { Gemini2, Function($"'name':'{new string('n', 65)}'"), "maximum length of 64" },
        { Newest, Chat("'tools':[{'functionDeclarations':[{'name':'f'},{'name':'f'}]}]"), "Duplicate function declaration found: f" },
        { Newest, Chat("'tools':[{'functionDeclarations':[{'name':'f'}]},{'functionDeclarations':[{'name':'f'}]}]"), "Duplicate function declaration found: f" },
        { Newest, Function("'name':'f','strict':true"), "Unknown name \"strict\" at 'tools[0].function_declarations[0]': Cannot find field." },
        { Newest, Function("'name':'f','parameters':{'type':'OBJECT'},'parametersJsonSchema':{'type':'object'}"), "mutually exclusive" },
        { Gemini25, Chat("'tools':[{'functionDeclarations':[{'name':'f'}]},{'googleSearch':{}}]"), "Tool use with function calling is unsupported" },
        { Gemini3, Chat("'tools':[{'functionDeclarations':[{'name':'f'}]},{'googleSearch':{}}]"), "include_server_side_tool_invocations" },
        { Gemini25, Chat("'tools':[{'functionDeclarations':[{'name':'f'}]}],'generationConfig':{'responseMimeType':'application/json'}"), "Function calling with a response mime type: 'application/json' is unsupported" },
        { Newest, Chat("'tools':[{'googleSearchRetrieval':{}}]"), "Please use google_search field instead" },
        { Newest, Chat("'toolConfig':{'functionCallingConfig':{'mode':'ANY'}}"), "Function calling config is set without function_declarations." },
        { Newest, Chat("'tools':[{'functionDeclarations':[{'name':'f'}]}],'toolConfig':{'functionCallingConfig':{'mode':'AUTO','allowedFunctionNames':['f']}}"), "Allowed function names should only be set" },
        { Newest, Chat("'tools':[{'functionDeclarations':[{'name':'f'}]}],'toolConfig':{'functionCallingConfig':{'mode':'ANY','allowedFunctionNames':['g']}}"), "unknown function name: g" },
        { Newest, Chat("'toolConfig':{'functionCallingConfig':{'mode':'required'}}"), "Mode), \"required\"" },
        { Newest, Chat("'toolConfig':{'functionCallingConfig':{'streamFunctionCallArguments':true}}"), "Unknown name \"streamFunctionCallArguments\"" },
        { "gemini-2.5-flash-image", Function("'name':'f'"), "Function calling is not enabled for models/gemini-2.5-flash-image" },
    };

    public static TheoryData<string> ProtoSchemaKeywords => new(
        "$schema", "$id", "$ref", "$defs", "definitions", "additionalProperties", "const", "oneOf", "allOf", "not", "if", "then", "else",
        "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "uniqueItems", "prefixItems", "patternProperties", "propertyNames",
        "examples", "readOnly", "deprecated", "contentEncoding", "x-thing", "strict");

    public static TheoryData<string, string, string> Schemas => new()
    {
        { Newest, Parameters("{'type':'OBJECT','properties':{'a':{'type':'ARRAY'}}}"), "parameters.properties[a].items: missing field." },
        { Newest, Parameters("{'type':'OBJECT','properties':{'a':{'type':['string','null']}}}"), "Unknown name \"type\" at 'tools[0].function_declarations[0].parameters.properties[0].value': Proto field is not repeating, cannot start list." },
        { Newest, Parameters("{'type':'OBJECT','properties':{'a':{}}}"), "parameters.properties[a].type: must be specified" },
        { Newest, Parameters("{'type':'OBJECT','properties':{'a':{'type':'STRING'}},'required':['a','b']}"), "parameters.required[1]: property is not defined" },
        { Newest, Parameters("{'type':'OBJECT','properties':{'a':{'type':'STRING','enum':['']}}}"), "enum[0]: cannot be empty" },
        { Newest, Parameters("{'type':'OBJECT','properties':{'a':{'type':'INTEGER','enum':['1']}}}"), "only allowed for STRING type" },
        { Newest, Parameters("{'type':'OBJECT','properties':{'a':{'type':'STRING','enum':[1]}}}"), "enum[0]' (TYPE_STRING), 1" },
        { Newest, Parameters("{'type':'OBJECT','properties':{'a':{'type':'STRING','format':'uri'}}}"), "only 'enum' and 'date-time' are supported for STRING type" },
        { Newest, Parameters("{'type':'STRING'}"), "parameters schema should be of type OBJECT" },
        { Newest, JsonParameters("{'type':'object','properties':{'a':{'const':1}}}"), "unsupported JSON schema keyword \"const\"" },
        { Newest, JsonParameters("{'$comment':'x','type':'object'}"), "unsupported JSON schema keyword \"$comment\"" },
        { Newest, JsonParameters("{'type':'object','properties':{'a':{'$ref':'#/$defs/None'}}}"), "cannot resolve" },
        { Newest, JsonParameters("{'$defs':{'A':{'type':'string'}},'properties':{'a':{'$ref':'#/$defs/A','description':'x'}}}"), "no other keyword may stand beside $ref" },
        { Newest, JsonParameters("{'type':'text'}"), "unknown JSON schema type" },
        { Newest, JsonParameters("'object'"), "must be a JSON schema object" },
        { Newest, JsonParameters("{'type':'object','properties':[]}"), "properties: has the wrong JSON type" },
    };

    public static TheoryData<string, string, string> Configs => new()
    {
        { Newest, Config("'temperature':2.5"), "temperature must be in the range [0, 2]" },
        { Newest, Config("'topP':1.5"), "top_p must be in the range [0, 1]" },
        { Newest, Config("'candidateCount':9"), "candidate_count must be in the range [1, 8]" },
        { Newest, Config("'candidateCount':0"), "candidate_count must be in the range [1, 8]" },
        { Newest, Config("'maxOutputTokens':0"), "max_output_tokens must be positive" },
        { Newest, Config("'stopSequences':['1','2','3','4','5','6']"), "stop sequences must be at most 5" },
        { Newest, Config("'responseLogprobs':true,'logprobs':21"), "logprobs must be in the range [0, 20]" },
        { "gemini-3.6-flash", Config("'presencePenalty':0.5"), "Penalty is not enabled for models/gemini-3.6-flash" },
        { "gemini-3.5-flash-lite", Config("'frequencyPenalty':0.5"), "Penalty is not enabled" },
        { Gemini3, Config("'frequencyPenalty':2.5"), "must be in the range [-2.0, 2.0)" },
        { Newest, Config("'responseMimeType':'text/html'"), "allowed mimetypes are" },
        { Newest, Config("'responseSchema':{'type':'STRING'}"), "only allowed when response_mime_type is `application/json`" },
        { Newest, Config("'responseMimeType':'application/json','responseSchema':{'type':'STRING'},'responseJsonSchema':{'type':'string'}"), "mutually exclusive" },
        { Newest, Config("'responseMimeType':'application/json','responseSchema':{'type':'OBJECT','properties':{'a':{'type':'ARRAY'}}}"), "generation_config.response_schema.properties[a].items: missing field." },
        { Newest, Config("'responseModalities':['TEXT','IMAGE']"), "This model only supports text output." },
        { Newest, Config("'responseModalities':['AUDIO']"), "This model only supports text output." },
        { "gemini-2.0-flash-preview-image-generation", Contents(User), "models/gemini-2.0-flash-preview-image-generation accepts the following combination of response modalities:\n* TEXT, IMAGE" },
        { "gemini-2.0-flash-preview-image-generation", Config("'responseModalities':['IMAGE']"), "The requested combination of response modalities (IMAGE) is not supported" },
        { "gemini-3.8-flash-tts", Contents(User), "The requested combination of response modalities (TEXT) is not supported" },
        { "gemini-3.8-flash-tts", Config("'responseModalities':['AUDIO'],'speechConfig':{'voiceConfig':{'prebuiltVoiceConfig':{'voiceName':'alloy'}}}"), "Voice name alloy is not supported" },
        { "gemma-4-31b-it", Contents("{'parts':[{'inlineData':{'mimeType':'audio/wav','data':'AAAA'}}]}"), "Audio input modality is not enabled for models/gemma-4-31b-it" },
        { "gemini-3.1-flash-image", Contents("{'parts':[{'inlineData':{'mimeType':'audio/wav','data':'AAAA'}}]}"), "Audio input modality is not enabled" },
        { "gemini-3-pro-image", Config("'imageConfig':{'aspectRatio':'7:5'}"), "aspect_ratio must be one of" },
        { Newest, Config("'imageConfig':{'aspectRatio':'1:1'}"), "Image configuration is not enabled" },
        { Newest, Config("'thinkingConfig':{'thinkingBudget':100,'thinkingLevel':'LOW'}"), "You can only set only one of thinking budget and thinking level." },
        { Newest, Config("'thinkingConfig':{'thinkingLevel':'MINIMAL'}"), "Thinking level MINIMAL is not supported for this model. Please retry with other thinking level." },
        { "gemini-3.1-pro-preview", Config("'thinkingConfig':{'thinkingLevel':'MINIMAL'}"), "Thinking level MINIMAL is not supported" },
        { "gemini-3.1-flash-image", Config("'thinkingConfig':{'thinkingLevel':'LOW'}"), "Thinking level LOW is not supported" },
        { Gemini25, Config("'thinkingConfig':{'thinkingLevel':'LOW'}"), "Thinking level is not supported for this model." },
        { Gemini25, Config("'thinkingConfig':{'thinkingBudget':24577}"), "The thinking budget 24577 is invalid. Please choose a value between 1 and 24576." },
        { "gemini-2.5-pro", Config("'thinkingConfig':{'thinkingBudget':0}"), "Budget 0 is invalid. This model only works in thinking mode." },
        { "gemini-2.5-pro", Config("'thinkingConfig':{'thinkingBudget':127}"), "between 128 and 32768" },
        { "gemini-2.5-flash-lite", Config("'thinkingConfig':{'thinkingBudget':511}"), "between 512 and 24576" },
        { Gemini2, Config("'thinkingConfig':{'includeThoughts':true}"), "Thinking is not supported for models/gemini-2.0-flash" },
        { Newest, Config("'thinkingConfig':{'thinkingLevel':'EXTREME'}"), "ThinkingLevel), \"EXTREME\"" },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    [MemberData(nameof(Conversations))]
    [MemberData(nameof(Tools))]
    [MemberData(nameof(Schemas))]
    [MemberData(nameof(Configs))]
    public void Request_is_refused(string model, string body, string expected)
    {
        GoogleError? refusal = Validate("generateContent", model, body);

        Assert.NotNull(refusal);
        Assert.Equal((400, "INVALID_ARGUMENT"), (refusal.Code, refusal.Status));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ProtoSchemaKeywords))]
    public void Keyword_unknown_to_the_proto_schema_is_refused(string keyword)
    {
        GoogleError? refusal = Validate("generateContent", Newest, Parameters($"{{'type':'OBJECT','properties':{{'a':{{'type':'STRING','{keyword}':true}}}}}}"));

        Assert.Equal(
            $"Invalid JSON payload received. Unknown name \"{keyword}\" at 'tools[0].function_declarations[0].parameters.properties[0].value': Cannot find field.",
            refusal?.Message);
    }

    [Theory]
    [InlineData("countTokens", Newest, "{'contents':[" + User + "],'generateContentRequest':{'model':'models/gemini-3.8-flash','contents':[" + User + "]}}", "Only one of contents and generate_content_request")]
    [InlineData("countTokens", Newest, "{'generateContentRequest':{'contents':[" + User + "]}}", "generate_content_request.model: model is required")]
    [InlineData("countTokens", Newest, "{'contents':[" + User + "],'tools':[]}", "Unknown name \"tools\"")]
    [InlineData("embedContent", "gemini-embedding-001", "{'content':" + User + ",'outputDimensionality':4000}", "output_dimensionality")]
    [InlineData("embedContent", "gemini-embedding-001", "{}", "content is not specified")]
    [InlineData("embedContent", "gemini-embedding-001", "{'content':" + User + ",'taskType':'SINGING'}", "TaskType), \"SINGING\"")]
    [InlineData("batchEmbedContents", "gemini-embedding-001", "{'requests':[{'content':" + User + "}]}", "requests[0].model: model is required")]
    [InlineData("batchEmbedContents", "gemini-embedding-001", "{'requests':[{'model':'models/other','content':" + User + "}]}", "model must be models/gemini-embedding-001")]
    [InlineData("batchEmbedContents", "gemini-embedding-001", "{'requests':[]}", "requests is not specified")]
    [InlineData("predict", "imagen-4.0-generate-001", "{}", "instances is not specified")]
    public void Request_of_another_method_is_refused(string method, string model, string body, string expected) =>
        Assert.Contains(expected, Validate(method, model, body)?.Message ?? "", StringComparison.Ordinal);

    [Fact]
    public void A_batch_of_more_than_a_hundred_is_refused()
    {
        static string Batch(int count) => $"{{'requests':[{string.Join(',', Enumerable.Repeat($"{{'model':'models/gemini-embedding-001','content':{User}}}", count))}]}}";

        Assert.Null(Validate("batchEmbedContents", "gemini-embedding-001", Batch(100)));
        Assert.Contains("at most 100 requests can be in one batch", Validate("batchEmbedContents", "gemini-embedding-001", Batch(101))?.Message ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Newest, "{'contents':{'parts':{'text':'one object is a list of one'}}}")]
    [InlineData(Newest, "{'contents':[{'parts':[{'inline_data':{'mime_type':'image/png','data':'_-8'}}]}]}")]
    [InlineData(Newest, "{'contents':[" + User + "],'safety_settings':[{'category':10,'threshold':3}],'generationConfig':{'max_output_tokens':'64','topK':40.0}}")]
    [InlineData(Newest, "{'contents':[" + User + "],'systemInstruction':null,'tools':null}")]
    [InlineData(Newest, "{'contents':[" + User + "],'generationConfig':{'thinkingConfig':{'thinkingLevel':'low'}}}")]
    [InlineData(Newest, "{'contents':[" + User + "],'generationConfig':{'thinkingConfig':{'thinkingBudget':512}}}")]
    [InlineData(Newest, "{'contents':[" + User + "],'tools':[{'functionDeclarations':[{'name':'f','parametersJsonSchema':{'type':'object','properties':{'const':{'type':['string','null']}}}}]}]}")]
    [InlineData(Gemini3, "{'contents':[" + User + ",{'role':'model','parts':[{'functionCall':{'name':'f'}}]},{'role':'user','parts':[{'functionResponse':{'name':'f','response':{}}}]},{'role':'model','parts':[{'text':'done'}]}," + User + "]}")]
    public void Odd_but_legal_request_is_accepted(string model, string body) => Assert.Null(Validate("generateContent", model, body)?.Message);

    [Fact]
    public void Each_unknown_field_has_its_own_violation()
    {
        GoogleError? refusal = Validate("generateContent", Newest, Chat("'one':1,'generationConfig':{'two':2}"));

        JsonNode violations = refusal!.ToJson()["error"]!["details"]![0]!["fieldViolations"]!;
        Assert.Equal(2, violations.AsArray().Count);
        Assert.Null(violations[0]!["field"]);
        Assert.Equal("generation_config", violations[1]!["field"]!.GetValue<string>());
        Assert.Equal(2, refusal.Message.Split('\n').Length);
    }

    private static GoogleError? Validate(string method, string model, string body)
    {
        RequestValidator validator = new(new JsonSchemaRules(refuseUnverified: true), new SignatureMint(new Random(1), tiedToProject: false));
        return validator.Validate(method, FakeModel.Named(model), "1", Encoding.UTF8.GetBytes(body.Replace('\'', '"'))).Refusal;
    }

    private static string Contents(params string[] contents) => $"{{'contents':[{string.Join(',', contents)}]}}";

    private static string Chat(string more) => $"{{'contents':[{User}],{more}}}";

    private static string Config(string more) => Chat($"'generationConfig':{{{more}}}");

    private static string Function(string declaration) => Chat($"'tools':[{{'functionDeclarations':[{{{declaration}}}]}}]");

    private static string Parameters(string schema) => Function($"'name':'f','parameters':{schema}");

    private static string JsonParameters(string schema) => Function($"'name':'f','parametersJsonSchema':{schema}");

    private static string Call(string name) => Calls(name);

    private static string Calls(params string[] names) => "{'role':'model','parts':[" +
        string.Join(',', names.Select(name => $"{{'functionCall':{{'name':'{name}'}},'thoughtSignature':'{Placeholder}'}}")) + "]}";

    private static string Response(string name) => Responses(name);

    private static string Responses(params string[] names) => "{'role':'user','parts':[" +
        string.Join(',', names.Select(name => $"{{'functionResponse':{{'name':'{name}','response':{{}}}}}}")) + "]}";

    private static string Deep(int levels) =>
        string.Concat(Enumerable.Repeat("{'items':", levels)) + "{}" + new string('}', levels);
}

-- wrk's request and report. Call: wrk ... -s post.lua URL -- FILE HEADER...
-- FILE holds the body; a header is written NAME=VALUE. The last line of the output is for a program to read.

function init(arguments)
    local file = assert(io.open(arguments[1], "rb"))
    wrk.method = "POST"
    wrk.body = file:read("*a")
    file:close()
    wrk.headers["Content-Type"] = "application/json"
    for i = 2, #arguments do
        local name, value = arguments[i]:match("^([^=]+)=(.*)$")
        wrk.headers[name] = value
    end
    request = wrk.format() -- made once: every request has the same bytes
    wrk.request = function() return request end
end

function done(summary, latency, requests)
    local errors = summary.errors
    print(string.format("RESULT %d %d %d %d %d",
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end

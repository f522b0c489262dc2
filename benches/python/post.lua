-- Posts the text of the file that BENCHMARK_BODY names, and reports in a line that is easy to read.
local file = assert(io.open(os.getenv("BENCHMARK_BODY"), "rb"))
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = file:read("*a")
file:close()

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("found %d %d %d\n", summary.requests, summary.duration, failed))
end

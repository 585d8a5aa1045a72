-- SPDX-License-Identifier: MIT
-- wrk -s wrk.lua URL -- FILE: the requests of a file of load.sh, in turn; at the
-- end key TAB value, times in milliseconds.
local asks, at = {}, 0

function init(args)
	for line in io.lines(args[1]) do
		local what, body = line:match("^([^\t]*)\t?(.*)$")
		local method, target = what:match("^(%S+) (.*)$")
		local head = { Host = wrk.headers["Host"], Accept = "application/json" }
		if body ~= "" then head["Content-Type"] = "application/json" end
		asks[#asks + 1] = wrk.format(method, target, head, body ~= "" and body or nil)
	end
end

function request()
	at = at % #asks + 1
	return asks[at]
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format("rate\t%.6g\n", 1e6 * summary.requests / summary.duration))
	for _, p in ipairs({ 50, 90, 99, 99.9 }) do
		io.write(string.format("ms.p%g\t%.4g\n", p, latency:percentile(p) / 1000))
	end
	io.write(string.format("ms.max\t%.4g\n", latency.max / 1000))
	io.write(string.format("answers.bad\t%d\n", e.connect + e.read + e.write + e.status + e.timeout))
end

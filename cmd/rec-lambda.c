/* SPDX-License-Identifier: MIT */
/*
 * rec-lambda - answers events of AWS Lambda as rec-serve answers requests.
 *
 * The site (serve/site.h) is opened once an environment; cmd/lambda/loop.c
 * fetches event after event from the Runtime API.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/lambda/options.h"
#include "io/num.h"
#include "serve/server.h"

/* What may come in one response of the Runtime API; an emulator sends more. */
enum { MOST_READ = 64 << 20 };

static struct lambda_options o = { .site = CLI_SITE_INIT,
				   .event = 6 << 20,
				   .answer = 6 << 20,
				   .reserve = 0.3,
				   .common = CLI_COMMON_INIT };

/* clang-format off */
static const struct cli_opt opts[] = {
	CLI_SITE(&o.site),
	CLI_SITE_MOST(&o.site),
	CLI_FLAG(0, "stream", &o.stream,
		"send answers while they are made: for InvokeMode RESPONSE_STREAM"),
	CLI_SIZE(0, "max-event", &o.event, "bytes of an event"),
	CLI_SIZE(0, "max-answer", &o.answer, "bytes of an answer that is no stream"),
	CLI_DOUBLE(0, "reserve", "SECONDS", &o.reserve, 0, 900,
		"end a batch with an error so long before the function's time is over"),
	CLI_FLAG(0, "try", &o.try_them,
		"answer the events on stdin, one a line, on stdout; without AWS Lambda"),
	CLI_COMMON_AS(&o.common, NULL, NULL, CLI_TRUST_HELP),
	CLI_END,
};
/* clang-format on */

static const struct cli_spec spec = {
	.name = "rec-lambda",
	.summary = "answer events of AWS Lambda: lists, similar items, scores, reasons",
	.synopsis = "rec-lambda -m MODEL [options]",
	.hint = "takes its files by options: rec-lambda -m model.rec",
	.opts = opts,
	.common = &o.common,
};

static void check_options(void)
{
	cli_site_check(&o.site, o.try_them ? "to stdout" : "to the Runtime API");
	if (o.event < 1 || o.event > MOST_READ)
		cli_usage("--max-event is between 1 and 64M");
	if (o.answer < 1024 || o.answer > 1 << 30)
		cli_usage("--max-answer is between 1K and 1G");
}

/* The memory of the function, where Lambda says it, is more than is needed. */
static int check_memory(uint64_t bytes, struct rec_err *e)
{
	const char *text = getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
	uint64_t mega, need = (bytes >> 20) + 1;

	if (!text || rec_num_u64(text, strlen(text), &mega) != REC_NUM_OK || need <= mega)
		return 0;
	return rec_err_set(e, REC_ENOMEM,
			   "the models and histories need %llu MB, and this function has %llu MB; "
			   "raise its MemorySize",
			   (unsigned long long)need, (unsigned long long)mega);
}

static int answer(struct rec_api *a, struct rec_site *site, struct rec_err *e)
{
	static struct rec_meters meters;
	const struct rec_counter counter = { .defaults = cli_site_defaults(&o.site),
					     .meters = &meters,
					     .engine = rec_server_engine(),
					     .most_body = o.event };
	struct rec_lambda l = { .limits = { o.event, o.answer, o.reserve } };
	int rc = rec_desk_open(&l.desk, site, &counter, e);

	if (rc == 0)
		rc = a ? lambda_run(a, &l, o.stream, e) : lambda_try(&l, e);
	rec_lambda_free(&l);
	rec_desk_let_go(l.desk);
	return rc;
}

/* Everything before the first event: what fails here is said to Lambda. */
static int open_site(struct rec_site **site, struct rec_err *e)
{
	struct rec_site_opts so;
	struct rec_run *r;

	if (cli_run(&r, e) != 0)
		return -1;
	so = cli_site_opts(&o.site, rec_pool_size(r->pool));
	if (rec_site_open(site, &so, e) != 0)
		return -1;
	if (check_memory(rec_site_bytes(*site, 1), e) == 0)
		return 0;
	rec_site_let_go(*site);
	return -1;
}

static int work(struct rec_api *a, struct rec_err *e)
{
	const struct cli_amount more[] = { { NULL, 0 } };
	struct rec_site *site;
	int rc = open_site(&site, e);

	if (rc == 0) {
		rc = cli_need(rec_site_bytes(site, 1), more, e);
		if (rc != 0)
			rec_site_let_go(site);
	}
	if (rc < 0 && a)
		lambda_refuse(a, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	rc = answer(a, site, e);
	rec_site_let_go(site);
	return rc;
}

static int run(struct rec_err *e)
{
	const char *where = getenv("AWS_LAMBDA_RUNTIME_API");
	struct rec_api *a = NULL;
	int rc;

	check_options();
	if (!o.try_them && !o.common.estimate) {
		if (!where || !*where)
			cli_usage("AWS_LAMBDA_RUNTIME_API is not set: this runs inside AWS Lambda "
				  "or its emulator; to try it here give --try");
		if (rec_api_open(&a, where, MOST_READ, e) != 0)
			return -1;
	}
	rc = work(a, e);
	rec_api_close(a);
	return rc == 0 ? cli_commit(e) : -1;
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}

/* SPDX-License-Identifier: MIT */
/*
 * rec-serve - answers over HTTP: the lists of rec-topn, the scores of
 * rec-score.
 *
 * The site (serve/site.h) is what answers, the server (serve/server.h) the
 * threads; cmd/serve/run.c waits for signals and new models.
 */
#include <signal.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "cmd/cli/signals.h"
#include "cmd/serve/options.h"

static const char *const envelope_names[] = { "none", "azure", NULL };

static struct serve_options o = { .site = CLI_SITE_INIT,
				  .connections = 10000,
				  .head = 8 << 10,
				  .body = 8 << 20,
				  .bodies = 256 << 20,
				  .idle = 60,
				  .head_time = 10,
				  .body_time = 30,
				  .answer_time = 30,
				  .drain_time = 10,
				  .common = CLI_COMMON_INIT };

/* clang-format off */
static const struct cli_opt opts[] = {
	CLI_SITE(&o.site),
	CLI_STRING(0, "listen", "HOST:PORT|unix:PATH", &o.listen,
		"where to answer (default: what the environment says, or 127.0.0.1:8080)"),
	CLI_CHOICE(0, "envelope", "none|azure", &o.envelope, envelope_names,
		"what requests come in: as they are, or in the JSON of Azure Functions"),
	CLI_FLAG(0, "no-watch", &o.no_watch,
		"do not look for changed files; SIGHUP still opens them anew"),
	CLI_SITE_MOST(&o.site),
	CLI_SIZE(0, "max-head", &o.head, "bytes of the head of a request"),
	CLI_SIZE(0, "max-body", &o.body, "bytes of the body of a request"),
	CLI_SIZE(0, "max-bodies", &o.bodies,
		"bytes of the bodies of all requests at a time; more get 503"),
	CLI_U32(0, "max-connections", "N", &o.connections, 1, 1000000,
		"connections at a time; more get 503"),
	CLI_U32(0, "max-per-address", "N", &o.per_address, 0, 1000000,
		"connections from one address at a time, 0 for any number; not of this machine's "
		"own address"),
	CLI_DOUBLE(0, "idle-time", "SECONDS", &o.idle, 0.01, 86400,
		"how long a connection may wait before a request"),
	CLI_DOUBLE(0, "head-time", "SECONDS", &o.head_time, 0.01, 86400,
		"how long the head of a request may take"),
	CLI_DOUBLE(0, "body-time", "SECONDS", &o.body_time, 0.01, 86400,
		"how long the body of a request may take"),
	CLI_DOUBLE(0, "answer-time", "SECONDS", &o.answer_time, 0.01, 86400,
		"how long a client may take to read an answer, or a piece of a batch"),
	CLI_DOUBLE(0, "drain-time", "SECONDS", &o.drain_time, 0, 86400,
		"how long requests in flight may go on after SIGTERM"),
	CLI_COMMON_AS(&o.common, NULL, NULL, CLI_TRUST_HELP),
	CLI_END,
};
/* clang-format on */

static const struct cli_spec spec = {
	.name = "rec-serve",
	.summary = "answer over HTTP: lists, similar items, scores, reasons",
	.synopsis = "rec-serve -m MODEL [options]",
	.hint = "takes its files by options: rec-serve -m model.rec",
	.opts = opts,
	.common = &o.common,
};

static void check_options(void)
{
	cli_site_check(&o.site, "over HTTP");
	if (o.head < 256 || o.head > 1 << 20)
		cli_usage("--max-head is between 256 and 1M");
	if (o.body < 1 || o.body > 1 << 30)
		cli_usage("--max-body is between 1 and 1G");
	if (o.bodies < o.body)
		cli_usage("--max-bodies cannot be below --max-body");
}

static struct rec_server_opts server_opts(unsigned threads, const struct rec_listener *l)
{
	return (struct rec_server_opts){
		.threads = threads,
		.listener = l,
		.limits = { .connections = serve_connections(o.connections, threads),
			    .per_address = o.per_address,
			    .head = o.head,
			    .body = o.body,
			    .bodies = o.bodies,
			    .idle = o.idle,
			    .head_time = o.head_time,
			    .body_time = o.body_time,
			    .answer_time = o.answer_time,
			    .drain_time = o.drain_time },
		.azure = o.envelope == 1,
		.defaults = cli_site_defaults(&o.site),
	};
}

/* Signals wait for serve_run; a client that goes away is no signal. */
static void hold_signals(void)
{
	sigset_t old;

	cli_block_signals(&old);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_DFL);	/* nohup: it still asks for a new model */
}

static int answer(struct rec_site *site, const struct rec_site_opts *so, unsigned threads,
		  struct rec_err *e)
{
	struct rec_listener l;
	struct rec_server_opts to;
	struct rec_server *s;
	int rc;

	if (serve_listen(&l, &o, threads, e) != 0) {
		rec_site_let_go(site);
		return -1;
	}
	to = server_opts(threads, &l);
	rc = rec_server_start(&s, &to, site, e);
	if (rc == 0) {
		cli_note("answers at %s", l.shown);
		rc = serve_run(s, so, site, &o, e);
	} else {
		rec_site_let_go(site);
	}
	rec_listener_close(&l);
	return rc;
}

static int run(struct rec_err *e)
{
	const struct cli_amount more[] = { { NULL, 0 } };
	struct rec_site_opts so;
	struct rec_site *site;
	struct rec_run *r;
	unsigned threads;
	int rc;

	check_options();
	if (cli_run(&r, e) != 0)
		return -1;
	threads = rec_pool_size(r->pool);
	so = cli_site_opts(&o.site, threads);
	/* what a first site would need is not what the whole one needs */
	if ((o.common.mem || o.common.estimate ? rec_site_open : rec_site_open_first)(&site, &so,
										      e) != 0)
		return -1;
	rc = cli_need(rec_site_bytes(site, threads), more, e);
	if (rc != 0) {
		rec_site_let_go(site);
		return rc < 0 ? -1 : 0;
	}
	hold_signals();
	return answer(site, &so, threads, e) == 0 ? cli_commit(e) : -1;
}

/*
 * Blocks of a megabyte go back to the system when they are freed: glibc would
 * come to keep them, up to 32 MB each, after the first swap of a model.
 */
static void give_memory_back(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

int main(int argc, char **argv)
{
	struct rec_err e = { 0 };

	give_memory_back();
	cli_parse(&spec, argc, argv);
	return run(&e) == 0 ? CLI_OK : cli_fail(&e);
}

/* SPDX-License-Identifier: MIT */
/*
 * cmd/serve/run.c - what the main thread does while others answer: it waits for
 * signals, looks whether a file has changed, and opens the new site.
 *
 * A changed file is opened when it looked the same twice, a second apart. A
 * file that was refused is tried again when it changes again, or by SIGHUP.
 */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "cmd/cli/signals.h"
#include "cmd/serve/options.h"

/* Seconds that a first site waits for its first question. */
static const double HEAD_START = 0.05;

struct watch {
	struct rec_server *server;
	const struct rec_site_opts *so;
	uint64_t tried, last;		/* stamps: of what was opened, of the last look */
};

static void swap(struct watch *w)
{
	struct rec_err e = { 0 };
	struct rec_site *site;
	char text[700];

	w->tried = rec_files_stamp(w->so);
	if (rec_site_open(&site, w->so, &e) != 0) {
		rec_server_refused_swap(w->server);
		snprintf(text, sizeof text, "the new model was refused, the old one answers: %s",
			 e.msg);
		cli_say(text);
		return;
	}
	w->tried = site->files->stamp;
	cli_note("a new model answers: digest %016llx, opened in %.3f s",
		 (unsigned long long)site->files->digest, site->seconds);
	rec_server_swap(w->server, site);
	rec_site_let_go(site);
}

static void look(struct watch *w)
{
	uint64_t now = rec_files_stamp(w->so);

	if (now && now != w->tried && now == w->last)
		swap(w);
	w->last = now;
}

/* The next signal that there is, or 0 after a second. */
static int wait_signal(void)
{
	const struct timespec second = { 1, 0 };
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sig = sigtimedwait(&set, NULL, &second);
	return sig > 0 ? sig : 0;
}

/* The rest of a first site, while that answers already. */
static int complete(struct rec_server *s, const struct rec_site_opts *so,
		    const struct rec_site *first, struct rec_err *e)
{
	struct rec_site *whole;

	if (!first->first)
		return 0;
	rec_server_first_asked(s, HEAD_START);
	if (rec_site_complete(&whole, first, so, e) != 0)
		return -1;
	rec_server_complete(s, whole);
	rec_site_let_go(whole);
	return 0;
}

int serve_run(struct rec_server *s, const struct rec_site_opts *so, struct rec_site *site,
	      const struct serve_options *o, struct rec_err *e)
{
	uint64_t stamp = site->files->stamp;
	struct watch w = { .server = s, .so = so, .tried = stamp, .last = stamp };
	int sig, rc = complete(s, so, site, e);
	unsigned cut;

	rec_site_let_go(site);
	if (rc != 0) {
		rec_server_stop(s);
		return -1;
	}
	while ((sig = wait_signal()) != SIGTERM && sig != SIGINT) {
		if (sig == SIGHUP)
			swap(&w);
		else if (!o->no_watch)
			look(&w);
	}
	cut = rec_server_stop(s);
	if (cut > 0)
		cli_note("%u connection%s cut after %g s", cut, cut == 1 ? " was" : "s were",
			 o->drain_time);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* serve/meters.c - counts, printed. */
#include "serve/meters.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "serve/json.h"

static const double bounds[REC_METER_BUCKETS] = { 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
						  0.005,  0.01,	   0.025,  0.05,  0.1,
						  0.25,	  0.5,	   1,	   2.5 };

static const char *const names[REC_ENDPOINTS] = { "topn",  "similar", "score", "batch",
						  "explain", "items", "model", "healthz", "readyz",
						  "metrics", "page", "other" };

void rec_meters_count(struct rec_meters *m, enum rec_endpoint endpoint, int status, double seconds)
{
	int class = status / 100, i = 0;

	atomic_fetch_add_explicit(
		&m->requests[endpoint][class > 0 && class < REC_METER_CLASSES ? class : 0], 1,
		memory_order_relaxed);
	while (i < REC_METER_BUCKETS && seconds > bounds[i])
		i++;
	atomic_fetch_add_explicit(&m->bucket[endpoint][i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->micros[endpoint], (unsigned long)(seconds * 1e6),
				  memory_order_relaxed);
}

void rec_meters_together(struct rec_meters *m, uint32_t n)
{
	atomic_fetch_add_explicit(&m->together, n, memory_order_relaxed);
}

static unsigned long get(atomic_ulong *x)
{
	return atomic_load_explicit(x, memory_order_relaxed);
}

static int put_head(struct rec_buf *b, const char *name, const char *type, const char *help,
		    struct rec_err *e)
{
	return rec_buf_printf(b, e, "# HELP rec_%s %s\n# TYPE rec_%s %s\n", name, help, name, type);
}

static int put_one(struct rec_buf *b, const char *name, const char *type, const char *help,
		   double value, struct rec_err *e)
{
	if (put_head(b, name, type, help, e) != 0 || rec_buf_printf(b, e, "rec_%s ", name) != 0 ||
	    rec_json_f64(b, value, e) != 0)
		return -1;
	return rec_json_raw(b, "\n", e);
}

static int put_requests(struct rec_buf *b, struct rec_meters *m, struct rec_err *e)
{
	if (put_head(b, "requests_total", "counter", "Answers by kind and class of status.", e) !=
	    0)
		return -1;
	for (int i = 0; i < REC_ENDPOINTS; i++)
		for (int c = 1; c < REC_METER_CLASSES; c++) {
			unsigned long n = get(&m->requests[i][c]);

			if (n && rec_buf_printf(b, e,
						"rec_requests_total{kind=\"%s\",status=\"%dxx\"} "
						"%lu\n",
						names[i], c, n) != 0)
				return -1;
		}
	return 0;
}

static int put_histogram(struct rec_buf *b, struct rec_meters *m, int i, struct rec_err *e)
{
	unsigned long n = 0;

	for (int k = 0; k < REC_METER_BUCKETS; k++) {
		n += get(&m->bucket[i][k]);
		if (rec_buf_printf(b, e, "rec_answer_seconds_bucket{kind=\"%s\",le=\"%g\"} %lu\n",
				   names[i], bounds[k], n) != 0)
			return -1;
	}
	n += get(&m->bucket[i][REC_METER_BUCKETS]);
	return rec_buf_printf(b, e,
			      "rec_answer_seconds_bucket{kind=\"%s\",le=\"+Inf\"} %lu\n"
			      "rec_answer_seconds_sum{kind=\"%s\"} %.6f\n"
			      "rec_answer_seconds_count{kind=\"%s\"} %lu\n",
			      names[i], n, names[i], (double)get(&m->micros[i]) / 1e6, names[i], n);
}

static int put_histograms(struct rec_buf *b, struct rec_meters *m, struct rec_err *e)
{
	if (put_head(b, "answer_seconds", "histogram", "Seconds to make an answer, by kind.", e) !=
	    0)
		return -1;
	for (int i = 0; i < REC_ENDPOINTS; i++) {
		bool any = false;

		for (int k = 0; k <= REC_METER_BUCKETS; k++)
			any |= get(&m->bucket[i][k]) > 0;
		if (any && put_histogram(b, m, i, e) != 0)
			return -1;
	}
	return 0;
}

/* Bytes in memory: of all, and of files that are mapped. */
static void memory(double *resident, double *shared)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long size = 0, rss = 0, file = 0;
	double page = (double)sysconf(_SC_PAGESIZE);

	if (f && fscanf(f, "%lu %lu %lu", &size, &rss, &file) != 3)
		rss = file = 0;
	if (f)
		fclose(f);
	*resident = (double)rss * page;
	*shared = (double)file * page;
}

static int put_connections(struct rec_buf *b, struct rec_meters *m, struct rec_err *e)
{
	if (put_one(b, "connections", "gauge", "Connections open now.",
		    (double)get(&m->connections), e) != 0 ||
	    put_one(b, "connections_total", "counter", "Connections accepted.",
		    (double)get(&m->accepted), e) != 0 ||
	    put_one(b, "connections_refused_total", "counter",
		    "Connections answered 503: there were too many, or too many bytes.",
		    (double)get(&m->refused), e) != 0 ||
	    put_one(b, "connections_crowded_total", "counter",
		    "Connections refused: there were too many of one address.",
		    (double)get(&m->crowded), e) != 0 ||
	    put_one(b, "requests_malformed_total", "counter",
		    "Requests refused for their head or size.", (double)get(&m->malformed), e) != 0)
		return -1;
	return put_one(b, "requests_late_total", "counter",
		       "Connections closed because a deadline passed.", (double)get(&m->late), e);
}

static int put_site(struct rec_buf *b, struct rec_meters *m, const struct rec_site *s,
		    struct rec_err *e)
{
	if (put_head(b, "model_info", "gauge", "The model that answers.", e) != 0 ||
	    rec_buf_printf(b, e, "rec_model_info{digest=\"%016llx\"} 1\n",
			   (unsigned long long)s->files->digest) != 0 ||
	    put_one(b, "model_age_seconds", "gauge", "Seconds since the model was opened.",
		    (double)(time(NULL) - (time_t)s->opened), e) != 0 ||
	    put_one(b, "model_open_seconds", "gauge", "Seconds that opening it took.", s->seconds,
		    e) != 0 ||
	    put_one(b, "swaps_total", "counter", "Models that took over.", (double)get(&m->swaps),
		    e) != 0)
		return -1;
	return put_one(b, "swap_failures_total", "counter", "New models that were refused.",
		       (double)get(&m->bad_swaps), e);
}

int rec_meters_print(struct rec_buf *b, struct rec_meters *m, const struct rec_site *s,
		     struct rec_err *e)
{
	double resident, mapped;

	memory(&resident, &mapped);
	if (put_requests(b, m, e) != 0 || put_histograms(b, m, e) != 0 ||
	    put_one(b, "lists_together_total", "counter",
		    "Lists of /topn and /similar that were ranked together.",
		    (double)get(&m->together), e) != 0 ||
	    put_connections(b, m, e) != 0 || put_site(b, m, s, e) != 0 ||
	    put_one(b, "resident_memory_bytes", "gauge", "Memory in use, mapped files included.",
		    resident, e) != 0)
		return -1;
	return put_one(b, "mapped_memory_bytes", "gauge",
		       "Memory of mapped files, which processes share.", mapped, e);
}

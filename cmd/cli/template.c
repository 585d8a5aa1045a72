/* SPDX-License-Identifier: MIT */
#include "cmd/cli/template.h"

#include <string.h>
#include <sys/resource.h>

#include "base/mem.h"
#include "cmd/cli/cli.h"

/*
 * A TEMPLATE: the text before the number, the width of the number, the text
 * after it. It is never used as a format of printf.
 */
struct template {
	const char *after;
	int before, width;
};

static struct template parse_template(const char *t)
{
	const char *p = t ? strchr(t, '%') : NULL, *d = p ? p + 1 : NULL;
	struct template r = { 0 };

	if (d && *d == '0' && d[1] >= '1' && d[1] <= '9') {
		r.width = d[1] - '0';
		d += 2;
	}
	if (!d || *d != 'd' || strchr(d, '%'))
		cli_usage("--to: TEMPLATE needs exactly one %%d or %%0Nd, such as part.%%03d.tsv");
	r.before = (int)(p - t);
	r.after = d + 1;
	return r;
}

/* All N files are open at once, and shells often limit a process to 1024. */
static void raise_file_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

int cli_template_open(const char *to, uint32_t n, cli_template_fn *open, void *arg,
			struct rec_err *e)
{
	struct template t = parse_template(to);
	struct rec_buf name = { 0 };
	int rc = 0;

	raise_file_limit();
	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		name.n = 0;
		rc = rec_buf_printf(&name, e, "%.*s%0*u%s", t.before, to, t.width, i, t.after);
		if (rc == 0)
			rc = open(arg, i, name.p, e);
	}
	rec_buf_free(&name);
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* serve/gate.c - the head of a request, byte by byte. */
#include "serve/gate.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static int refuse(struct rec_refusal *why, int status, const char *code, const char *reason)
{
	*why = (struct rec_refusal){ status, code, reason };
	return -1;
}

static int bad(struct rec_refusal *why, const char *reason)
{
	return refuse(why, 400, "bad-head", reason);
}

int64_t rec_gate_find(const char *p, size_t n, size_t *seen, struct rec_refusal *why)
{
	for (size_t i = *seen; i < n; i++) {
		if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
			return bad(why, "a line of the head ends with LF alone; it must be CR LF");
		if (p[i] != '\n' && i > 0 && p[i - 1] == '\r')
			return bad(why, "a CR without LF is in the head");
		if (p[i] == '\n' && i >= 3 && p[i - 2] == '\n') {
			*seen = i + 1;
			return (int64_t)i + 1;
		}
	}
	*seen = n;
	return 0;
}

/* A part of a head. */
struct piece {
	const char *p;
	size_t n;
};

static bool is(const struct piece *x, const char *word)
{
	return x->n == strlen(word) && memcmp(x->p, word, x->n) == 0;
}

static bool names(const struct piece *x, const char *word)
{
	return x->n == strlen(word) && strncasecmp(x->p, word, x->n) == 0;
}

static bool is_token(const struct piece *x)
{
	for (size_t i = 0; i < x->n; i++) {
		char c = x->p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		      (c != '\0' && strchr("!#$%&'*+-.^_`|~", c))))
			return false;
	}
	return x->n > 0;
}

/* The bytes before the next blank; what follows it becomes rest. */
static struct piece word(struct piece *rest)
{
	const char *blank = memchr(rest->p, ' ', rest->n);
	struct piece w = { rest->p, blank ? (size_t)(blank - rest->p) : rest->n };

	rest->p += w.n + (blank != NULL);
	rest->n -= w.n + (blank != NULL);
	return w;
}

static int check_target(const struct piece *t, struct rec_refusal *why)
{
	if (t->n == 0 || t->p[0] != '/')
		return bad(why, "the target must begin with '/'");
	if (t->n > 1 && t->p[1] == '/')	/* some take what follows for a host */
		return bad(why, "the target must not begin with '//'");
	for (size_t i = 0; i < t->n; i++)
		if (t->p[i] <= 0x20 || t->p[i] == 0x7f || t->p[i] < 0 || t->p[i] == '#')
			return bad(why, "the target holds a byte that must be written as %XX");
	return 0;
}

static int check_method(const struct piece *m, bool *post, struct rec_refusal *why)
{
	*post = is(m, "POST");
	if (*post || is(m, "GET") || is(m, "HEAD"))
		return 0;
	if (!is_token(m))
		return bad(why, "the first line is no request: METHOD TARGET HTTP/1.1");
	if (is(m, "PUT") || is(m, "DELETE") || is(m, "PATCH") || is(m, "OPTIONS") || is(m, "TRACE"))
		return refuse(why, 405, "wrong-method", "only GET, HEAD and POST are taken");
	return refuse(why, 501, "unknown-method", "only GET, HEAD and POST are known");
}

/* METHOD TARGET HTTP/1.x */
static int check_first(struct piece line, bool *post, bool *old, struct rec_refusal *why)
{
	struct piece method = word(&line), target = word(&line);

	if (check_method(&method, post, why) != 0)
		return -1;
	*old = is(&line, "HTTP/1.0");
	if (!*old && !is(&line, "HTTP/1.1"))
		return line.n > 5 && memcmp(line.p, "HTTP/", 5) == 0 ?
			       refuse(why, 505, "wrong-version", "only HTTP/1.1 and 1.0 are read") :
			       bad(why, "the first line is no request: METHOD TARGET HTTP/1.1");
	return check_target(&target, why);
}

/* What fields of the head said. */
struct fields {
	unsigned host, length, chunked;
	uint64_t body;
	bool chunks;			/* are allowed */
};

static int read_length(struct fields *f, const struct piece *v, struct rec_refusal *why)
{
	if (f->length++ > 0)
		return bad(why, "there are two Content-Length");
	if (v->n == 0 || v->n > 18)
		return bad(why, "Content-Length is no whole number");
	f->body = 0;
	for (size_t i = 0; i < v->n; i++) {
		if (v->p[i] < '0' || v->p[i] > '9')
			return bad(why, "Content-Length is no whole number");
		f->body = f->body * 10 + (uint64_t)(v->p[i] - '0');
	}
	return 0;
}

static struct piece trimmed(struct piece x)
{
	for (; x.n > 0 && *x.p == ' '; x.n--)
		x.p++;
	while (x.n > 0 && (x.p[x.n - 1] == ' ' || x.p[x.n - 1] == '\t'))
		x.n--;
	return x;
}

static int check_value(const struct piece *v, struct rec_refusal *why)
{
	/* evhttp leaves it there */
	if (v->n > 0 && v->p[0] == '\t')
		return bad(why, "a value begins with a TAB");
	for (size_t i = 0; i < v->n; i++)
		if (((unsigned char)v->p[i] < 0x20 && v->p[i] != '\t') || v->p[i] == 0x7f)
			return bad(why, "a control byte is in a field of the head");
	return 0;
}

/* Name ":" value */
static int check_field(struct fields *f, const struct piece *line, struct rec_refusal *why)
{
	const char *colon = memchr(line->p, ':', line->n);
	struct piece name = { line->p, colon ? (size_t)(colon - line->p) : 0 }, value;

	if (!is_token(&name))
		return bad(why, "a line of the head is no field: NAME: VALUE");
	value = trimmed((struct piece){ colon + 1, line->n - name.n - 1 });
	if (check_value(&value, why) != 0)
		return -1;
	if (names(&name, "transfer-encoding") && f->chunks && names(&value, "chunked"))
		return f->chunked++ == 0 ? 0 : bad(why, "there are two Transfer-Encoding");
	if (names(&name, "transfer-encoding"))
		return refuse(why, 501, "no-transfer-encoding",
			      "Transfer-Encoding is not taken; send a Content-Length");
	if (names(&name, "content-encoding") && !names(&value, "identity"))
		return refuse(why, 415, "wrong-encoding", "send the body as it is");
	if (names(&name, "expect") && !names(&value, "100-continue"))
		return refuse(why, 417, "wrong-expect", "only Expect: 100-continue is met");
	if (names(&name, "content-length"))
		return read_length(f, &value, why);
	f->host += names(&name, "host");
	return 0;
}

/* The line at *p, without its CR LF. */
static struct piece next_line(const char **p)
{
	const char *end = strchr(*p, '\r');
	struct piece line = { *p, (size_t)(end - *p) };

	*p = end + 2;
	return line;
}

/* A body in chunks has no other length. */
static int check_body(const struct fields *f, bool post, bool old, struct rec_refusal *why)
{
	if (!post && (f->body > 0 || f->chunked))
		return bad(why, "GET and HEAD have no body");
	if (f->chunked && (f->length > 0 || old))
		return bad(why, "a body in chunks has no Content-Length, and HTTP/1.0 no chunks");
	if (post && f->length == 0 && !f->chunked)
		return refuse(why, 411, "no-length", "a POST needs a Content-Length");
	return 0;
}

int rec_gate_check(const char *head, size_t n, bool chunks, uint64_t *body,
		   struct rec_refusal *why)
{
	const char *p = head, *end = head + n - 2;
	struct fields f = { .chunks = chunks };
	struct piece line;
	bool post, old;

	if (memchr(head, '\0', n))
		return bad(why, "a NUL is in the head");
	line = next_line(&p);
	if (check_first(line, &post, &old, why) != 0)
		return -1;
	while (p < end) {
		line = next_line(&p);
		if (check_field(&f, &line, why) != 0)
			return -1;
	}
	if (f.host != 1 && !(old && f.host == 0))
		return bad(why, "there must be one Host");
	if (check_body(&f, post, old, why) != 0)
		return -1;
	*body = f.chunked ? REC_GATE_CHUNKED : f.body;
	return 0;
}

/* -- bodies in chunks ------------------------------------------------- */

enum { SIZE, SIZE_LF, DATA, DATA_CR, DATA_LF, END_CR, END_LF, MOST_DIGITS = 8 };

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 :
				      -1;
}

/* The size of the next chunk is known; 0: it is the last. */
static int begin_chunk(struct rec_chunks *c, uint64_t most, struct rec_refusal *why)
{
	c->total += c->left;
	if (c->total > most)
		return refuse(why, 413, "body-too-large", "the body of the request is too large");
	c->digits = 0;
	c->state = c->left > 0 ? DATA : END_CR;
	return 0;
}

/* A byte that is not of the data. */
static int frame(struct rec_chunks *c, char byte, uint64_t most, struct rec_refusal *why)
{
	int digit = c->state == SIZE ? hex_digit(byte) : -1;

	if (digit >= 0 && c->digits++ < MOST_DIGITS) {
		c->left = c->left * 16 + (uint64_t)digit;
		return 0;
	}
	if (c->state == SIZE_LF && byte == '\n')
		return begin_chunk(c, most, why);
	if (c->state == SIZE && byte == '\r' && c->digits > 0)
		c->state = SIZE_LF;
	else if ((c->state == DATA_CR || c->state == END_CR) && byte == '\r')
		c->state++;
	else if (c->state == DATA_LF && byte == '\n')
		c->state = SIZE;
	else if (c->state == END_LF && byte == '\n')
		c->done = true;
	else
		return bad(why, "the body is not in chunks as it should be");
	return 0;
}

int64_t rec_gate_chunks(struct rec_chunks *c, const char *p, size_t n, uint64_t most,
			struct rec_refusal *why)
{
	size_t i = 0;

	while (i < n && !c->done) {
		size_t data = c->state != DATA ? 0 : c->left < n - i ? (size_t)c->left : n - i;

		if (c->state != DATA) {
			if (frame(c, p[i++], most, why) != 0)
				return -1;
			continue;
		}
		i += data;
		c->left -= data;
		if (c->left == 0)
			c->state = DATA_CR;
	}
	return (int64_t)i;
}

/* SPDX-License-Identifier: MIT */
/* serve/peers.c - addresses in chains of a table, behind one lock. */
#include "serve/peers.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/mem.h"

struct rec_peer {
	uint64_t key;
	unsigned n;
	struct rec_peer *next;
};

struct rec_peers {
	pthread_mutex_t lock;
	uint64_t salt;			/* so that nobody chooses who shares a chain */
	size_t mask;
	struct rec_peer **chain;
};

int rec_peers_new(struct rec_peers **out, size_t most, struct rec_err *e)
{
	struct rec_peers *t = rec_zalloc(1, sizeof *t, e);
	struct timespec now;
	size_t n = 64;

	*out = NULL;
	if (!t)
		return -1;
	while (n < most)
		n *= 2;
	t->chain = rec_zalloc(n, sizeof *t->chain, e);
	if (!t->chain) {
		free(t);
		return -1;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	t->salt = rec_mix2((uint64_t)now.tv_sec, (uint64_t)now.tv_nsec);
	t->mask = n - 1;
	pthread_mutex_init(&t->lock, NULL);
	*out = t;
	return 0;
}

void rec_peers_free(struct rec_peers *t)
{
	if (!t)
		return;
	for (size_t i = 0; i <= t->mask; i++)
		for (struct rec_peer *p = t->chain[i], *next; p; p = next) {
			next = p->next;
			free(p);
		}
	pthread_mutex_destroy(&t->lock);
	free(t->chain);
	free(t);
}

static uint64_t number(const unsigned char *p, int n)
{
	uint64_t x = 0;

	while (n-- > 0)
		x = x << 8 | *p++;
	return x;
}

/* False where it is not counted. No /64 in use begins with 32 zeros. */
static bool key_of(const struct sockaddr *from, uint64_t *key)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (from->sa_family == AF_INET) {
		memcpy(&v4, from, sizeof v4);
		*key = number((const unsigned char *)&v4.sin_addr, 4);
	} else if (from->sa_family == AF_INET6) {
		memcpy(&v6, from, sizeof v6);
		if (memcmp(&v6.sin6_addr, mapped, sizeof mapped) == 0)
			*key = number((const unsigned char *)&v6.sin6_addr + 12, 4);
		else if (IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr))
			return false;
		else
			*key = number((const unsigned char *)&v6.sin6_addr, 8);
	} else {
		return false;
	}
	return *key != INADDR_LOOPBACK;
}

/* Where the address is linked, or would be. */
static struct rec_peer **place(struct rec_peers *t, uint64_t key)
{
	struct rec_peer **at = &t->chain[rec_mix2(t->salt, key) & t->mask];

	while (*at && (*at)->key != key)
		at = &(*at)->next;
	return at;
}

struct rec_peer *rec_peers_enter(struct rec_peers *t, const struct sockaddr *from, unsigned *n)
{
	struct rec_peer **at, *p;
	uint64_t key;

	*n = 0;
	if (!key_of(from, &key))
		return NULL;
	pthread_mutex_lock(&t->lock);
	at = place(t, key);
	if (!*at)
		*at = calloc(1, sizeof **at);
	p = *at;
	if (p) {
		p->key = key;
		*n = ++p->n;
	}
	pthread_mutex_unlock(&t->lock);
	return p;
}

void rec_peers_leave(struct rec_peers *t, struct rec_peer *p)
{
	struct rec_peer **at;

	if (!p)
		return;
	pthread_mutex_lock(&t->lock);
	if (--p->n == 0) {
		at = place(t, p->key);
		*at = p->next;
		free(p);
	}
	pthread_mutex_unlock(&t->lock);
}

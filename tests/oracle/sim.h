/* SPDX-License-Identifier: MIT */
/*
 * sim.h - item models by their definitions: a dense matrix of weights, double
 * precision, every sum a loop over all users. For small data.
 */
#ifndef ORACLE_SIM_H
#define ORACLE_SIM_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SIM_MAX = 64 };

struct sim_oracle {
	int users, items;
	bool held[SIM_MAX][SIM_MAX];	/* the pair takes part */
	double v[SIM_MAX][SIM_MAX];	/* its value */
	double w[SIM_MAX][SIM_MAX];	/* its weight, 0 where not held */
	double shrink, reg, asymmetry, power, c, a, b, walk_a, walk_b;
	double s[SIM_MAX][SIM_MAX];	/* the result: history item, candidate */
	int both[SIM_MAX][SIM_MAX];	/* users that hold both */
};

static double oracle_count(const struct sim_oracle *o, int item)
{
	double n = 0;

	for (int u = 0; u < o->users; u++)
		n += o->held[u][item];
	return n;
}

static double oracle_length(const struct sim_oracle *o, int user)
{
	double n = 0;

	for (int i = 0; i < o->items; i++)
		n += o->held[user][i];
	return n;
}

static double oracle_dot(const struct sim_oracle *o, int i, int j)
{
	double s = 0;

	for (int u = 0; u < o->users; u++)
		s += o->w[u][i] * o->w[u][j];
	return s;
}

/* Weights from values, by name of --weights. */
static void oracle_weigh(struct sim_oracle *o, const char *kind, double alpha, double epsilon,
			 double k1, double b)
{
	double sum = 0, n = 0, all = 0;

	for (int u = 0; u < o->users; u++)
		for (int i = 0; i < o->items; i++) {
			double length = 0, mean = 0,
			       idf = log((1.0 + o->items) / (1 + oracle_length(o, u))),
			       v = o->v[u][i];

			for (int x = 0; x < o->users; x++)
				for (int y = 0; y < o->items; y++) {
					mean += o->held[x][y] ? o->v[x][y] / o->items : 0;
					length += o->held[x][y] && y == i ? o->v[x][y] : 0;
				}
			o->w[u][i] = strcmp(kind, "none") == 0 ?
					     1 :
				     strcmp(kind, "log") == 0 ?
					     log(1 + v / epsilon) :
				     strcmp(kind, "tfidf") == 0 ?
					     sqrt(v) * idf :
				     strcmp(kind, "bm25") == 0 ?
					     v * (k1 + 1) / (k1 * (1 - b + b * length / mean) + v) *
						     idf :
					     v;
			if (!o->held[u][i])
				o->w[u][i] = 0;
			all += o->held[u][i];
			sum += o->w[u][i];
		}
	n = sum / all;
	for (int u = 0; u < o->users; u++)
		for (int i = 0; i < o->items; i++)
			if (strcmp(kind, "linear") == 0 || strcmp(kind, "log") == 0)
				o->w[u][i] *= alpha / n;
}

/*
 * Pearson (by_item) and adjusted cosine: means over all of an item's or a
 * user's values, sums over users that hold both.
 */
static double oracle_moments(const struct sim_oracle *o, int i, int j, bool by_item)
{
	double mi = 0, mj = 0, xy = 0, xx = 0, yy = 0;

	for (int u = 0; u < o->users; u++) {
		mi += o->held[u][i] ? o->v[u][i] / oracle_count(o, i) : 0;
		mj += o->held[u][j] ? o->v[u][j] / oracle_count(o, j) : 0;
	}
	for (int u = 0; u < o->users; u++) {
		double mu = 0, x, y;

		if (!o->held[u][i] || !o->held[u][j])
			continue;
		for (int k = 0; k < o->items; k++)
			mu += o->held[u][k] ? o->v[u][k] / oracle_length(o, u) : 0;
		x = o->v[u][i] - (by_item ? mi : mu);
		y = o->v[u][j] - (by_item ? mj : mu);
		xy += x * y;
		xx += x * x;
		yy += y * y;
	}
	return sqrt(xx * yy) + o->shrink > 1e-12 ? xy / (sqrt(xx * yy) + o->shrink) : 0;
}

static double oracle_entropy(double k, double r, double c, double u)
{
	return k > 0 ? k * log(k * u / (r * c)) : 0;
}

static double oracle_linear(const struct sim_oracle *o, int i, int j)
{
	double s = 0;

	for (int u = 0; u < o->users; u++)
		if (o->held[u][i] && o->held[u][j])
			s += pow(oracle_length(o, u), -o->c) * o->w[u][i] * o->w[u][j];
	s *= pow(oracle_count(o, i), -o->a) * pow(oracle_count(o, j), -o->b);
	return s < 0 ? -pow(-s, o->power) : pow(s, o->power);
}

static double oracle_walk(const struct sim_oracle *o, int i, int j, double a, double b)
{
	double item = 0, s = 0;

	for (int u = 0; u < o->users; u++)
		item += o->w[u][i];
	for (int u = 0; u < o->users; u++) {
		double user = 0;

		for (int k = 0; k < o->items; k++)
			user += o->w[u][k];
		if (o->w[u][i] > 0 && o->w[u][j] > 0)
			s += pow(o->w[u][i] / item, a) * pow(o->w[u][j] / user, a);
	}
	return s / pow(oracle_count(o, j), b);
}

static double oracle_pair(const struct sim_oracle *o, const char *method, int i, int j)
{
	double di = oracle_count(o, i), dj = oracle_count(o, j), c = o->both[i][j], u = o->users,
	       x = o->shrink;

	if (strcmp(method, "cosine") == 0)
		return oracle_dot(o, i, j) / (sqrt(oracle_dot(o, i, i) * oracle_dot(o, j, j)) + x);
	if (strcmp(method, "jaccard") == 0)
		return c / (di + dj - c + x);
	if (strcmp(method, "dice") == 0)
		return 2 * c / (di + dj + x);
	if (strcmp(method, "overlap") == 0)
		return c / (fmin(di, dj) + x);
	if (strcmp(method, "count") == 0)
		return c;
	if (strcmp(method, "conditional") == 0)
		return c / (di + x);
	if (strcmp(method, "lift") == 0)
		return c * u / (di * dj + x);
	if (strcmp(method, "llr") == 0)
		return 2 * (oracle_entropy(c, di, dj, u) + oracle_entropy(di - c, di, u - dj, u) +
			    oracle_entropy(dj - c, u - di, dj, u) +
			    oracle_entropy(u - di - dj + c, u - di, u - dj, u));
	if (strcmp(method, "pearson") == 0)
		return oracle_moments(o, i, j, true);
	if (strcmp(method, "adjusted-cosine") == 0)
		return oracle_moments(o, i, j, false);
	if (strcmp(method, "asymmetric") == 0)
		return oracle_dot(o, i, j) / (pow(oracle_dot(o, i, i), o->asymmetry) *
						      pow(oracle_dot(o, j, j), 1 - o->asymmetry) +
					      x);
	if (strcmp(method, "dot") == 0)
		return oracle_dot(o, i, j);
	if (strcmp(method, "linear") == 0)
		return oracle_linear(o, i, j);
	return oracle_walk(o, i, j, o->walk_a, strcmp(method, "rp3beta") == 0 ? o->walk_b : 0);
}

/* Gauss-Jordan without pivoting: the matrix is positive definite. */
static void oracle_ease(struct sim_oracle *o)
{
	static double a[SIM_MAX][SIM_MAX], p[SIM_MAX][SIM_MAX];
	int n = o->items;

	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++) {
			a[i][j] = oracle_dot(o, i, j) + (i == j ? o->reg : 0);
			p[i][j] = i == j;
		}
	for (int k = 0; k < n; k++) {
		double d = a[k][k];

		for (int j = 0; j < n; j++) {
			a[k][j] /= d;
			p[k][j] /= d;
		}
		for (int i = 0; i < n; i++) {
			double f = a[i][k];

			for (int j = 0; i != k && j < n; j++) {
				a[i][j] -= f * a[k][j];
				p[i][j] -= f * p[k][j];
			}
		}
	}
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
			o->s[i][j] = i == j ? 0 : -p[i][j] / p[j][j];
}

static void oracle_similarity(struct sim_oracle *o, const char *method)
{
	for (int i = 0; i < o->items; i++)
		for (int j = 0; j < o->items; j++) {
			o->both[i][j] = 0;
			for (int u = 0; u < o->users; u++)
				o->both[i][j] += o->held[u][i] && o->held[u][j];
		}
	if (strcmp(method, "ease") == 0) {
		oracle_ease(o);
		return;
	}
	for (int i = 0; i < o->items; i++)
		for (int j = 0; j < o->items; j++)
			o->s[i][j] = i == j || o->both[i][j] == 0 ? 0 :
								    oracle_pair(o, method, i, j);
}

#endif

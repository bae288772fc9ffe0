#ifndef NET_STATE_HASH_H
#define NET_STATE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 (Aumasson and Bernstein 2012) cut to 32 bits: names come from strangers, and under a
 * hash without a secret seed they could choose them to fall together. */
unsigned hash_name(const uint64_t seed[2], const char *name, size_t len);

#endif

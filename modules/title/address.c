#include "modules/title/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    uint32_t net;
    int bits;
} not_public[] = {
    {0x00000000, 8},  /* this network */
    {0x0a000000, 8},  /* private */
    {0x64400000, 10}, /* carriers' NAT */
    {0x7f000000, 8},  /* loopback */
    {0xa9fe0000, 16}, /* link-local, and what clouds tell their machines */
    {0xac100000, 12}, /* private */
    {0xc0000000, 24}, /* protocol assignments */
    {0xc0000200, 24}, /* documentation */
    {0xc0586300, 24}, /* 6to4 relays */
    {0xc0a80000, 16}, /* private */
    {0xc6120000, 15}, /* benchmarks */
    {0xc6336400, 24}, /* documentation */
    {0xcb007100, 24}, /* documentation */
    {0xe0000000, 4},  /* multicast */
    {0xf0000000, 4},  /* reserved, broadcast */
};

static bool is_public_v4(uint32_t address)
{
    for (size_t i = 0; i < sizeof not_public / sizeof *not_public; i++)
        if ((address ^ not_public[i].net) >> (32 - not_public[i].bits) == 0)
            return false;
    return true;
}

static uint32_t v4_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static const uint8_t mapped_v4[12] = {[10] = 0xff, [11] = 0xff}; /* RFC 4291 2.5.5.2 */

static bool is_public_v6(const uint8_t a[16])
{
    static const uint8_t zero[12];
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    if (memcmp(a, zero, 12) == 0) /* unspecified, loopback, IPv4-compatible */
        return false;
    if (memcmp(a, mapped_v4, 12) == 0 || memcmp(a, nat64, 12) == 0)
        return is_public_v4(v4_at(a + 12));
    if (a[0] >> 5 != 1) /* 2000::/3 is all that is given out; ULA, link-local, multicast are not */
        return false;
    if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
        return is_public_v4(v4_at(a + 2));
    if (a[0] == 0x20 && a[1] == 0x01) {
        if (a[2] < 0x02) /* 2001::/23: Teredo, ORCHID and others */
            return false;
        if (a[2] == 0x0d && a[3] == 0xb8) /* documentation */
            return false;
    }
    return !(a[0] == 0x3f && a[1] == 0xff && a[2] < 0x10); /* documentation */
}

static bool is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return is_public_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        return is_public_v6(v6.sin6_addr.s6_addr);
    }
    return false;
}

/* Of those that the owner allows. IPv4 is written as IPv6 has it: ::ffff:10.0.0.0/104. */
struct range {
    uint8_t net[16];
    int bits;
};

static struct range ranges[ADDRESS_RANGES_MAX];
static size_t range_count;

/* "10.0.0.0/8", "fd00::1". */
static bool read_range(const char *text, struct range *range)
{
    char address[ADDRESS_TEXT_SIZE];
    uint8_t v4[4];
    char *end;
    size_t len = strcspn(text, "/");
    if (len >= sizeof address)
        return false;
    memcpy(address, text, len);
    address[len] = 0;
    bool is_v4 = inet_pton(AF_INET, address, v4) == 1;
    if (is_v4) {
        memcpy(range->net, mapped_v4, sizeof mapped_v4);
        memcpy(range->net + sizeof mapped_v4, v4, sizeof v4);
    } else if (inet_pton(AF_INET6, address, range->net) != 1) {
        return false;
    }
    range->bits = 128;
    if (!text[len])
        return true;
    const char *bits = text + len + 1;
    long n = strtol(bits, &end, 10);
    if (!isdigit((unsigned char)*bits) || *end || n > (is_v4 ? 32 : 128))
        return false;
    range->bits = (int)n + (is_v4 ? 96 : 0);
    return true;
}

int address_allow(const char *list, char wrong[ADDRESS_TEXT_SIZE])
{
    static const char between[] = " ,";
    int result = 0;
    range_count = 0;
    for (list += strspn(list, between); *list; list += strspn(list, between)) {
        char word[ADDRESS_TEXT_SIZE];
        size_t len = strcspn(list, between);
        snprintf(word, sizeof word, "%.*s", (int)(len < sizeof word ? len : sizeof word - 1), list);
        list += len;
        if (range_count < ADDRESS_RANGES_MAX && len < sizeof word &&
            read_range(word, &ranges[range_count])) {
            range_count++;
        } else if (!result) {
            memcpy(wrong, word, sizeof word);
            result = -1;
        }
    }
    return result;
}

static bool is_in(const struct range *range, const uint8_t address[16])
{
    size_t whole = (size_t)range->bits / 8;
    int rest = range->bits % 8;
    return memcmp(range->net, address, whole) == 0 &&
           (!rest || (range->net[whole] ^ address[whole]) >> (8 - rest) == 0);
}

static bool is_allowed(const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    uint8_t bytes[16];
    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof v4);
        memcpy(bytes, mapped_v4, sizeof mapped_v4);
        memcpy(bytes + sizeof mapped_v4, &v4.sin_addr.s_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        memcpy(&v6, address, sizeof v6);
        memcpy(bytes, v6.sin6_addr.s6_addr, sizeof bytes);
    } else {
        return false;
    }
    for (size_t i = 0; i < range_count; i++)
        if (is_in(&ranges[i], bytes))
            return true;
    return false;
}

bool address_may_fetch(const struct sockaddr *address)
{
    return is_public(address) || is_allowed(address);
}

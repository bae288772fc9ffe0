#include "registry/password.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* RFC 7914 2; OWASP's and the RFC's word on interactive logins: 16 MB and some 50 ms each. */
#define COST_N     16384
#define COST_R     8
#define COST_P     1
#define MAX_MEMORY (64u << 20) /* what a record may ask for */
#define SALT_LEN   16
#define HASH_LEN   32

#define LIMNORIA      "limnoria:"
#define LIMNORIA_SALT 64 /* bytes at most */
#define SHA1_LEN      20

struct scrypt_record {
    uint64_t n, r, p;
    unsigned char salt[SALT_LEN];
    unsigned char hash[HASH_LEN];
};

int password_acceptable(const char *password, char *why, size_t why_size)
{
    size_t len = strlen(password);
    if (len < PASSWORD_MIN) {
        snprintf(why, why_size, "a password has at least %d characters", PASSWORD_MIN);
        return -1;
    }
    if (len > PASSWORD_MAX) {
        snprintf(why, why_size, "a password has at most %d bytes", PASSWORD_MAX);
        return -1;
    }
    if (str_has_control(password, len)) {
        snprintf(why, why_size, "a password holds no control characters");
        return -1;
    }
    return 0;
}

/* ---- Records ---- */

/* Base64 of so many bytes; in has that length, and whatever follows. */
static int read_base64(const char *in, size_t len, unsigned char *out, size_t out_len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned char raw[64];
    size_t whole = (out_len + 2) / 3 * 4;
    size_t pad = (3 - out_len % 3) % 3;
    if (len != whole || whole / 4 * 3 > sizeof raw || strspn(in, digits) != len - pad ||
        strspn(in + len - pad, "=") < pad ||
        EVP_DecodeBlock(raw, (const unsigned char *)in, (int)len) < (int)out_len)
        return -1;
    memcpy(out, raw, out_len);
    return 0;
}

/* A number up to the next '$'. */
static int read_number(const char **s, uint64_t most, uint64_t *value)
{
    char digits[24];
    size_t len = strcspn(*s, "$");
    int64_t number;
    if (!len || len >= sizeof digits || (*s)[len] != '$')
        return -1;
    memcpy(digits, *s, len);
    digits[len] = '\0';
    if (str_parse_int(digits, 1, (int64_t)most, &number))
        return -1;
    *value = (uint64_t)number;
    *s += len + 1;
    return 0;
}

/* RFC 7914 2: N is a power of two; memory is 128 * N * r bytes. */
static int read_scrypt(const char *record, struct scrypt_record *out)
{
    const char *s = record;
    if (strncmp(s, "scrypt$", 7) != 0)
        return -1;
    s += 7;
    if (read_number(&s, 1 << 20, &out->n) || read_number(&s, 64, &out->r) ||
        read_number(&s, 16, &out->p) || out->n < 2 || (out->n & (out->n - 1)) ||
        128 * out->r * (out->n + out->p) > MAX_MEMORY / 2)
        return -1;
    size_t len = strcspn(s, "$");
    if (s[len] != '$' || read_base64(s, len, out->salt, SALT_LEN))
        return -1;
    s += len + 1;
    return read_base64(s, strlen(s), out->hash, HASH_LEN);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* "limnoria:SALT|SHA1HEX": the SHA-1 of salt and password. */
static int read_limnoria(const char *record, char *salt, unsigned char hash[SHA1_LEN])
{
    if (strncmp(record, LIMNORIA, strlen(LIMNORIA)) != 0)
        return -1;
    record += strlen(LIMNORIA);
    size_t len = strcspn(record, "|");
    if (!len || len > LIMNORIA_SALT || record[len] != '|' ||
        strlen(record + len + 1) != (size_t)2 * SHA1_LEN || str_has_control(record, len))
        return -1;
    memcpy(salt, record, len);
    salt[len] = '\0';
    for (size_t i = 0; i < SHA1_LEN; i++) {
        int high = hex_digit(record[len + 1 + 2 * i]);
        int low = hex_digit(record[len + 2 + 2 * i]);
        if (high < 0 || low < 0)
            return -1;
        hash[i] = (unsigned char)(high << 4 | low);
    }
    return 0;
}

bool password_record_valid(const char *record)
{
    struct scrypt_record scrypt;
    char salt[LIMNORIA_SALT + 1];
    unsigned char hash[SHA1_LEN];
    return strlen(record) <= PASSWORD_RECORD_MAX &&
           (!read_scrypt(record, &scrypt) || !read_limnoria(record, salt, hash));
}

/* ---- Hashing ---- */

static int scrypt(const char *password, const struct scrypt_record *with,
                  unsigned char hash[HASH_LEN])
{
    return EVP_PBE_scrypt(password, strlen(password), with->salt, SALT_LEN, with->n, with->r,
                          with->p, MAX_MEMORY, hash, HASH_LEN) == 1
               ? 0
               : -1;
}

int password_hash(const char *password, char record[PASSWORD_RECORD_MAX + 1])
{
    struct scrypt_record with = {.n = COST_N, .r = COST_R, .p = COST_P};
    unsigned char salt[(SALT_LEN + 2) / 3 * 4 + 1];
    unsigned char hash[(HASH_LEN + 2) / 3 * 4 + 1];
    if (strlen(password) > PASSWORD_MAX || RAND_bytes(with.salt, SALT_LEN) != 1 ||
        scrypt(password, &with, with.hash))
        return -1;
    EVP_EncodeBlock(salt, with.salt, SALT_LEN);
    EVP_EncodeBlock(hash, with.hash, HASH_LEN);
    snprintf(record, PASSWORD_RECORD_MAX + 1, "scrypt$%d$%d$%d$%s$%s", COST_N, COST_R, COST_P,
             (const char *)salt, (const char *)hash);
    OPENSSL_cleanse(&with, sizeof with);
    return 0;
}

/* ---- Checking ---- */

static bool limnoria_right(const char *password, const char *salt,
                           const unsigned char expected[SHA1_LEN])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char text[LIMNORIA_SALT + PASSWORD_MAX + 1];
    snprintf(text, sizeof text, "%s%s", salt, password);
    bool done = EVP_Digest(text, strlen(text), hash, &len, EVP_sha1(), NULL) == 1;
    OPENSSL_cleanse(text, sizeof text);
    return done && len == SHA1_LEN && CRYPTO_memcmp(hash, expected, SHA1_LEN) == 0;
}

enum password_verdict password_verify(const char *password, const char *record)
{
    struct scrypt_record with = {.n = COST_N, .r = COST_R, .p = COST_P};
    struct scrypt_record known;
    char salt[LIMNORIA_SALT + 1];
    unsigned char legacy[SHA1_LEN];
    unsigned char hash[HASH_LEN];
    bool usable = strlen(record) <= PASSWORD_RECORD_MAX;
    bool is_scrypt = usable && !read_scrypt(record, &known);
    bool is_legacy = usable && !is_scrypt && !read_limnoria(record, salt, legacy);
    if (strlen(password) > PASSWORD_MAX)
        return PASSWORD_WRONG;
    if (is_scrypt)
        with = known;
    /* Also where there is nothing to compare with: time does not tell. */
    bool right = !scrypt(password, &with, hash) && CRYPTO_memcmp(hash, with.hash, HASH_LEN) == 0 &&
                 is_scrypt;
    OPENSSL_cleanse(hash, sizeof hash);
    if (is_legacy)
        return limnoria_right(password, salt, legacy) ? PASSWORD_RIGHT_REHASH : PASSWORD_WRONG;
    if (!right)
        return PASSWORD_WRONG;
    bool current = with.n == COST_N && with.r == COST_R && with.p == COST_P;
    return current ? PASSWORD_RIGHT : PASSWORD_RIGHT_REHASH;
}

#include "tests/unit/net_link/test_certs.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

EVP_PKEY *cert_key(void)
{
    return EVP_EC_gen("P-256");
}

static void add_extension(X509 *cert, X509V3_CTX *ctx, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
    if (!extension)
        abort();
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

X509 *cert_make(EVP_PKEY *key, const struct cert_wish *wish)
{
    static long serial = 1;
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert), wish->from_days * 86400L);
    X509_gmtime_adj(X509_getm_notAfter(cert), wish->to_days * 86400L);
    X509_NAME *name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               (const unsigned char *)(wish->ca ? "Test CA" : "common.test"), -1,
                               -1, 0);
    X509_set_issuer_name(cert, wish->issuer ? X509_get_subject_name(wish->issuer) : name);
    X509_set_pubkey(cert, key);
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, wish->issuer ? wish->issuer : cert, cert, NULL, NULL, 0);
    add_extension(cert, &ctx, NID_basic_constraints, wish->ca ? "critical,CA:TRUE" : "CA:FALSE");
    if (wish->names)
        add_extension(cert, &ctx, NID_subject_alt_name, wish->names);
    X509_sign(cert, wish->issuer_key ? wish->issuer_key : key, EVP_sha256());
    return cert;
}

static int take_any(X509_STORE_CTX *store, void *arg)
{
    (void)store;
    (void)arg;
    return 1;
}

SSL_CTX *cert_server(X509 *cert, EVP_PKEY *key)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(ctx, cert);
    SSL_CTX_use_PrivateKey(ctx, key);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, take_any, NULL);
    return ctx;
}

void cert_write(const char *path, X509 *cert, EVP_PKEY *key)
{
    FILE *file = fopen(path, "w");
    if (!file)
        abort();
    if (cert)
        PEM_write_X509(file, cert);
    if (key)
        PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
}

void cert_fingerprint(const X509 *cert, char text[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    X509_digest(cert, EVP_sha256(), digest, &len);
    for (unsigned i = 0; i < 32; i++)
        snprintf(text + (size_t)i * 2, 3, "%02x", digest[i]);
}

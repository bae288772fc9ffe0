#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/log.h"

/*
 * The configuration: one main file, and a folder with one file for each network, all in libconfig's
 * syntax. Loading reads, checks everything and collects every error; what it gives is complete and
 * never changes, so the caller swaps it for the old one or throws it away. Nothing here writes to
 * the files. Every function is safe in a worker thread: there is no shared state.
 * The keys, their ranges and defaults are tables in main_keys.c and network_keys.c.
 */
#define CONF_MAX_FILE     (1024 * 1024) /* bytes of one file */
#define CONF_MAX_SECRET   4096          /* bytes of one secret */
#define CONF_MAX_KEY      32            /* bytes of a network's key */
#define CONF_MAX_NETWORKS 10000
#define CONF_MAX_SERVERS  32
#define CONF_MAX_NICKS    16 /* alternate ones */
#define CONF_MAX_CHANNELS 500
#define CONF_MAX_ERRORS   100 /* kept for one file; more are only counted */

/* What is wrong, where, and what was expected. A warning does not stop the file from being used. */
struct conf_error {
    char *file;
    unsigned line; /* from 1; 0: the file as a whole */
    bool warning;
    char *text;
};

/* Zero-initialized is empty. */
struct conf_errors {
    struct conf_error *items;
    size_t count;
    size_t errors;   /* those that are no warnings, also the ones that were not kept */
    size_t left_out; /* not kept, warnings too */
};

/* "FILE:LINE: TEXT", a warning with "warning: " before the text. The caller frees it. */
char *conf_error_text(const struct conf_error *error);
/* "FILE: ... and 300 more"; NULL when all were kept. The caller frees it. */
char *conf_errors_rest(const struct conf_errors *errors);
void conf_errors_free(struct conf_errors *errors);

/*
 * Who knows whether what the files only name can be used. Each function returns NULL when it can,
 * or what is wrong with it, which is freed here and reported with its line; it is asked in the
 * thread that loads, and only about files that can be read. Any of them may be NULL.
 */
struct conf_first;
struct conf_judge {
    void *arg;
    char *(*registry_uri)(void *arg, const char *uri);
    char *(*ca_file)(void *arg, const char *path);
    /* key_file NULL: the key stands in cert_file. */
    char *(*client_cert)(void *arg, const char *cert_file, const char *key_file);
    /* Its value i; also asked for value 0 of a list that has none. */
    char *(*first)(void *arg, const struct conf_first *first, size_t i);
};

/* Tells whether a file was replaced or written to. */
struct conf_stamp {
    bool known; /* false: it could not be read */
    dev_t dev;
    ino_t ino;
    off_t size;
    int64_t mtime_ns;
};

/* The main file. Paths are absolute. No pointer is NULL unless its comment says so. */
struct conf_main {
    char *path;         /* of the file itself */
    char *state_dir;    /* need not exist yet */
    char *networks_dir; /* need not exist yet */
    struct {
        char *uri;           /* embedded, redis://, rediss:// or unix://; may hold a password */
        char *prefix;        /* of all keys, with its colon */
        char *password_file; /* NULL */
        char *password_env;  /* NULL */
        char *password;      /* secret, from either of the two; NULL */
    } registry;
    struct {
        char *system_dir;
        char *user_dir; /* searched first; need not exist */
        bool enable_new;
        bool sandbox;         /* modules are kept inside their processes */
        bool require_sandbox; /* refuse to start where the kernel lacks a part of it */
        int memory_mb;        /* what the modules of one process may take */
        int storage_mb;       /* what a module stores in Redis for a network */
        int files_mb;         /* what the folder of a module on a network may hold */
        char *quarantine;     /* "5/10m": faults in a duration; "0": no limit */
        char *idle;           /* "1h"; "0": never */
    } modules;
    struct {
        char *source;           /* "30/1m": uses in a duration; "0": no limit */
        char *ignore;           /* "10m": for how long who makes more is ignored */
        char *register_host;    /* "3/1d": new accounts from one host; "0": no limit */
        char *register_network; /* "100/1d": and on one network */
    } flood;
    struct {
        char *socket;
    } control;
    struct {
        enum log_level level;
        enum log_format format;
    } log;
};

struct conf_server {
    char *host; /* a name, or an IPv4 or IPv6 address without brackets */
    int port;
    bool tls;
    bool verify;       /* name and chain of the certificate; a fingerprint is checked anyway */
    char *fingerprint; /* SHA-256 of the certificate, 64 hex digits in lower case; NULL */
    char *ca_file;     /* PEM, instead of the system's roots; NULL */
    struct conf_stamp ca_stamp;
};

struct conf_channel {
    char *name;
    char *key; /* secret; NULL */
};

enum conf_sasl { CONF_SASL_NONE, CONF_SASL_PLAIN, CONF_SASL_EXTERNAL };

/* How NickServ is asked who somebody is. */
enum conf_services { CONF_SERVICES_AUTO, CONF_SERVICES_ACC, CONF_SERVICES_STATUS };

/*
 * A first value of a module on this network: what the registry gets where it has none. Whether
 * there is such a field or list, and what its values may be, is the registry's knowledge
 * (conf_judge).
 */
struct conf_first {
    char *module;
    char *name; /* of a field or a list; "rate_user.weather" from rate_user = { weather = ... } */
    char **values; /* a field has one; true and false are "yes" and "no" */
    size_t nvalues;
    bool is_list;
    unsigned line;
};

/* A network file. Everything has been checked to be sendable: no CR, LF or NUL, no spaces where
 * IRC allows none. */
struct conf_network {
    char key[CONF_MAX_KEY + 1];  /* the file's name without ".conf": [a-z0-9_.-] */
    char *path;                  /* of the file */
    struct conf_server *servers; /* in the order they are tried; at least one */
    size_t nservers;
    char *server_password_file; /* NULL */
    char *server_password;      /* secret; NULL */
    char *nick;
    char **alternate_nicks;
    size_t nalternate_nicks;
    char *username;
    char *realname;
    struct {
        enum conf_sasl mechanism;
        char *account;       /* PLAIN: there; EXTERNAL: may be NULL */
        char *password_file; /* NULL */
        char *password;      /* secret; there with PLAIN */
        char *cert_file;     /* PEM, sent as client certificate whatever the mechanism; NULL */
        char *key_file;      /* PEM; NULL: the key stands in cert_file */
        struct conf_stamp cert_stamp;
        struct conf_stamp key_stamp;
    } sasl;
    struct {
        char *nickserv; /* its nick */
        char *host;     /* where it speaks from; NULL: learned from WHOIS */
        enum conf_services style;
    } services;
    struct conf_channel *channels;
    size_t nchannels;
    char *command_prefix; /* one printable ASCII character that is no letter, digit or space */
    char *user_modes;     /* "+B-x"; "" for none */
    struct {
        int burst;       /* lines that may go at once, 1 to 100 */
        int interval_ms; /* then one line in this time, 0 (no pacing) to 60000 */
    } pacing;
    bool connect; /* false: known, but not connected */
    struct conf_first *first;
    size_t nfirst;
};

/* Reads and checks a main file, with its secrets. NULL when there is any error. Blocks on the disk.
 * `errors` gets what was found, warnings too, also when the result is good. judge: may be NULL. */
struct conf_main *conf_main_load(const char *path, const struct conf_judge *judge,
                                 struct conf_errors *errors);
void conf_main_free(struct conf_main *conf);

/* Only the path of the control socket, for programs that may not read the secrets. The caller
 * frees it; NULL on any error. */
char *conf_control_socket(const char *path, struct conf_errors *errors);

/* The folder of the network files, also when the main file has errors: what it says, or else the
 * default. For checking all files in one go. NULL when it cannot be read; the caller frees it. */
char *conf_networks_dir(const char *path);

/* The main file when nobody names one: $SESHET_CONF; else the first that exists of
 * bin/../etc/seshet/seshet.conf beside the running program and /etc/seshet/seshet.conf. NULL when
 * there is none. The caller frees it. */
char *conf_default_path(void);

/* Reads and checks one network file, with its secrets. NULL when there is any error. Blocks. */
struct conf_network *conf_network_load(const char *path, const struct conf_judge *judge,
                                       struct conf_errors *errors);
void conf_network_free(struct conf_network *network);
/* Whether nothing differs that counts for the network. A secret counts by its content, other files
 * that are named (certificates) by their path and their stamp. */
bool conf_network_equal(const struct conf_network *a, const struct conf_network *b);

/* One file of the networks folder. The network is NULL when errors.errors is not 0; the caller may
 * take it away by setting it to NULL. */
struct conf_network_file {
    char *key; /* what stands before ".conf"; with an error it may be no valid key */
    char *path;
    struct conf_network *network;
    struct conf_errors errors;
};

struct conf_networks {
    struct conf_network_file *files; /* ordered by key */
    size_t count;
};

/* Reads every *.conf in the folder; names that begin with a dot or do not end in ".conf" are passed
 * over. NULL when the folder itself cannot be read, with the reason in `errors`: then nothing is
 * known about any network, which is not the same as no networks. Blocks. */
struct conf_networks *conf_networks_load(const char *dir, const struct conf_judge *judge,
                                         struct conf_errors *errors);
void conf_networks_free(struct conf_networks *networks);

#endif

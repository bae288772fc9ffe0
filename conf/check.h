#ifndef CONF_CHECK_H
#define CONF_CHECK_H

/*
 * Whether a text is fit for its purpose: NULL when it is, else what it must be ("must be ..."). The
 * caller has refused empty texts and control characters already.
 */
const char *conf_check_uri(const char *text);
const char *conf_check_prefix(const char *text);
const char *conf_check_env(const char *text);
const char *conf_check_host(const char *text);
const char *conf_check_fingerprint(const char *text);
/* RFC 2812 2.3.1, and UTF-8 besides, which newer servers allow. */
const char *conf_check_nick(const char *text);
const char *conf_check_username(const char *text);
const char *conf_check_realname(const char *text);
const char *conf_check_channel(const char *text);
const char *conf_check_channel_key(const char *text);
const char *conf_check_command_prefix(const char *text);
const char *conf_check_user_modes(const char *text);
/* base/rate.h; at least one use, or "0". */
const char *conf_check_rate(const char *text);
const char *conf_check_duration(const char *text);
const char *conf_check_idle(const char *text); /* a duration, or "0" */

#endif

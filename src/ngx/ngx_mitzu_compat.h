
/*
 * compat: what differs between nginx 1.22 and 1.31, in one place, so that
 * the rest of src/ngx reads as if there were one nginx.
 */

#ifndef NGX_MITZU_COMPAT_H
#define NGX_MITZU_COMPAT_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>


#if (nginx_version < 1022000)
#error nginx 1.22.0 or later is needed
#endif


/* Headers are linked since 1.23.0; ngx_list_push() does not zero the link. */

#if (nginx_version >= 1023000)
#define ngx_mitzu_header_unlink(h)  (h)->next = NULL
#else
#define ngx_mitzu_header_unlink(h)  /* void */
#endif


/* HTTP/2 and HTTP/3 requests run on fake connections: leave c->fd alone. */

#define ngx_mitzu_is_multiplexed(r)                                           \
    ((r)->http_version >= NGX_HTTP_VERSION_20)


#endif /* NGX_MITZU_COMPAT_H */

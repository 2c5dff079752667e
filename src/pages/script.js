// All JavaScript of the pages, a section per page. The wallet works without any of it.
'use strict';

// ---- wallet ----

// ---- dashboard ----

"""The face: WeCom's callbacks, the sidebar, and the pages customers see."""

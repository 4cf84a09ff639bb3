-- Each scrape counts the deliveries that are not over well: few, while those that were sent grow for ever.
CREATE INDEX delivery_watched ON delivery (state) WHERE state IN ('pending', 'sending', 'uncertain', 'failed');

-- Who presses the button of a draft's message that may have been lost is waiting for the answer.
CREATE INDEX delivery_lost_draft ON delivery (chat, (content ->> 'draft_id'))
    WHERE kind = 'notice' AND (state = 'uncertain' OR state = 'pending' AND is_copy);

<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.28.0" styleCategories="Symbology|Labeling" labelsEnabled="1">
@zones
<labeling type="simple">
<settings calloutType="simple">
<text-style fieldName='CASE WHEN "shown" THEN "zone" END' isExpression="1" fontSize="14" fontSizeUnit="Point" fontWeight="75" textColor="@text">
<text-buffer bufferDraw="1" bufferSize="1" bufferSizeUnits="MM" bufferColor="@halo"/>
</text-style>
<rendering obstacle="0"/>
</settings>
</labeling>
</qgis>

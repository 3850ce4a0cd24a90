<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.28.0" styleCategories="Symbology|Labeling" labelsEnabled="1">
@schools
<labeling type="simple">
<settings calloutType="simple">
<text-style fieldName="name" isExpression="0" fontSize="7" fontSizeUnit="Point" fontWeight="50" textColor="@text">
<text-buffer bufferDraw="1" bufferSize="1" bufferSizeUnits="MM" bufferColor="@halo"/>
</text-style>
</settings>
</labeling>
</qgis>
